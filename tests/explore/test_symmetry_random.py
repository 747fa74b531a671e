"""Random programs with pools: the same verdicts with symmetries and without.

python -m pytest -m slow tests/explore/test_symmetry_random.py     (500 programs and more)
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings

from ksmcheck.frontend import CompileOptions, compile_model
from tests.explore.symmetric_checks import check_definition, check_search, search
from tests.random_programs.pools import SUITE, pool_programs

MOST_STATES = 4000


def check(text: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "random_pools.py"
        file.write_text(text, encoding="utf-8")
        program = compile_model(str(file), CompileOptions())
    if search(program, frozenset(), most_states=MOST_STATES).states < MOST_STATES:
        check_definition(program, 40)
        check_search(program, 600)


def suite(examples: int, planted: bool) -> Callable[[], None]:
    """A test of so many programs."""

    @settings(SUITE, max_examples=examples)
    @given(pool_programs(planted=planted))
    def run(text: str) -> None:
        check(text)

    return run


@pytest.mark.parametrize("planted", [False, True])
def test_some_random_programs(planted: bool) -> None:
    suite(12, planted)()


@pytest.mark.slow
@pytest.mark.parametrize("planted", [False, True])
def test_many_random_programs(planted: bool) -> None:
    suite(300, planted)()
