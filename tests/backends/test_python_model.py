"""The python engine's own promises: packing, visible generated code, faults of the compiler."""

from __future__ import annotations

import linecache
from pathlib import Path
from types import FunctionType

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ksmcheck.backends.python.layout import lay_out
from ksmcheck.backends.python.model import PythonModel
from ksmcheck.diagnostics import InternalError, UserError
from ksmcheck.explore.options import SearchOptions
from ksmcheck.explore.python_engine import PythonEngine
from ksmcheck.ir.expr import Const
from ksmcheck.ir.step import Block, Check, Require
from tests.backends import programs
from tests.backends.building import build, go, put, shared
from tests.backends.random_programs import RANGES


@given(st.data())
def test_packing_is_exact(data: st.DataObject) -> None:
    ranges = data.draw(st.lists(st.sampled_from(RANGES), min_size=1, max_size=6))
    program = build([shared(f"v{n}", hi, (2,), lo) for n, (lo, hi) in enumerate(ranges)], [])
    values = tuple(data.draw(st.integers(lo, hi)) for lo, hi in ranges for _ in range(2))
    layout = lay_out(program)
    packed = layout.pack(values)
    assert len(packed) == layout.size
    assert layout.unpack(packed) == values


def test_cells_take_one_byte_whenever_their_values_fit() -> None:
    ranges = [(0, 255), (-128, 127), (3, 250), (0, 256), (-300, -60), (0, 70_000)]
    program = build([shared(f"v{n}", hi, lo=lo) for n, (lo, hi) in enumerate(ranges)], [])
    assert [place.width for place in lay_out(program).places] == [1, 1, 1, 2, 1, 4]


def test_more_than_256_locations() -> None:
    program = build([shared("x")], [[go(n + 1) for n in range(300)]])
    result = PythonEngine().search(program, SearchOptions())
    assert (result.states, result.transitions, result.depth) == (301, 300, 300)
    assert result.fired == (frozenset(range(300)),)


def test_generated_code_can_be_kept_and_is_shown_in_tracebacks(tmp_path: Path) -> None:
    program = programs.peterson()
    PythonEngine(keep_generated=tmp_path / "kept").search(program, SearchOptions())
    text = (tmp_path / "kept" / "peterson.py").read_text(encoding="utf-8")
    assert "# A: step 0  (model.py:1)" in text
    model = PythonModel(program)
    assert text == model.source
    function = model.steps[0].run
    assert isinstance(function, FunctionType)
    assert linecache.getlines(function.__code__.co_filename) == text.splitlines(keepends=True)


def test_the_same_program_gives_the_same_text() -> None:
    assert PythonModel(programs.deep()).source == PythonModel(programs.deep()).source


def test_a_missing_check_of_the_compiler_is_an_internal_error() -> None:
    program = build([shared("x", 3)], [[go(1, put(0, 256))]])
    with pytest.raises(InternalError):
        PythonEngine().search(program, SearchOptions())


@pytest.mark.parametrize(
    ("setup", "code"), [(go(0, Require(Const(0))), "KSM411"), (go(0, Check(Const(0), 0)), "KSM880")]
)
def test_setup_that_blocks_or_faults_is_the_users_error(setup: Block, code: str) -> None:
    program = build([shared("x")], [[go(1)]], faults=1, setup=setup)
    with pytest.raises(UserError) as error:
        PythonEngine().search(program, SearchOptions())
    assert [item.code for item in error.value.diagnostics] == [code]
