"""The native engine stores as many canonical states as the python engine, with any workers."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings

from ksmcheck.explore.native_engine import NativeEngine
from ksmcheck.explore.options import SearchOptions
from ksmcheck.frontend import CompileOptions, compile_model
from ksmcheck.ir.program import Program
from tests.explore.symmetric_checks import BOTH, check_paths, search, summary
from tests.random_programs.pools import SUITE, pool_programs

TEXTBOOK = Path(__file__).parent.parent / "textbook"
CHECKS = Path(__file__).parent.parent / "checks"
MOST_STATES = 4000


def agree(program: Program) -> None:
    options = SearchOptions(all_violations=True, reductions=BOTH)
    python = search(program, BOTH)
    for workers in (1, 2):
        native = NativeEngine(workers=workers).search(program, options)
        counts = (native.states, native.transitions, native.depth)
        assert counts == (python.states, python.transitions, python.depth)
        assert summary(program, native) == summary(program, python)
        check_paths(program, native)


@pytest.mark.parametrize("name", ["ticket_lock", "two_phase_commit", "broken_mutex"])
def test_textbook_models(name: str) -> None:
    agree(compile_model(str(TEXTBOOK / f"{name}.py"), CompileOptions()))


@pytest.mark.parametrize("name", ["double_free", "refcount_from_zero", "deadlock", "lock_order"])
def test_violations(name: str) -> None:
    agree(compile_model(str(CHECKS / f"{name}.py"), CompileOptions()))


def test_heap_of_a_shipped_model() -> None:
    options = CompileOptions(with_=("swap-skip-cache-prepare",))
    program = compile_model("swap_skip_cache_aba", options)
    for workers in (1, 2):
        native = NativeEngine(workers=workers).search(program, SearchOptions(reductions=BOTH))
        assert (native.states, native.transitions) == (60910, 157011)


def random_suite(examples: int, folder: Path, planted: bool) -> None:
    @settings(SUITE, max_examples=examples)
    @given(pool_programs(planted=planted))
    def run(text: str) -> None:
        file = folder / "random_pools.py"
        file.write_text(text, encoding="utf-8")
        program = compile_model(str(file), CompileOptions())
        if search(program, frozenset(), most_states=MOST_STATES).states < MOST_STATES:
            agree(program)

    run()


@pytest.mark.parametrize("planted", [False, True])
def test_random_programs(tmp_path: Path, planted: bool) -> None:
    random_suite(4, tmp_path, planted)


@pytest.mark.slow
@pytest.mark.parametrize("planted", [False, True])
def test_more_random_programs(tmp_path: Path, planted: bool) -> None:
    random_suite(60, tmp_path, planted)
