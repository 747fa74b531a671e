"""Renamings go together with stubborn sets where they join states, unless they were named."""

from __future__ import annotations

import pytest
from attrs import evolve

from ksmcheck.backends.native.compiler import find_compiler
from ksmcheck.explore.engines import EngineChoice, EngineName, Ran, run
from ksmcheck.explore.options import SearchOptions, StopReason
from ksmcheck.explore.paying import RENAMING, renamings_pay
from ksmcheck.explore.python_engine import PythonEngine
from ksmcheck.explore.reductions import Reduce, Reduction
from ksmcheck.explore.result import SearchResult
from ksmcheck.frontend import CompileOptions, compile_model
from ksmcheck.ir.program import Program

EVERYTHING = frozenset(Reduction)
native = pytest.mark.skipif(find_compiler() is None, reason="no compiler")


def ran(program: Program, reduce: Reduce) -> Ran:
    choice = EngineChoice(name=EngineName.NATIVE, workers=1, reduce=reduce)
    return run(choice, program, SearchOptions(), None)


@native
def test_where_they_join_few_states_they_are_left_out() -> None:
    program = compile_model("gup_vs_write_protect", CompileOptions())
    found = ran(program, Reduce(EVERYTHING))
    named = ran(program, Reduce(EVERYTHING, required=True))
    assert found.result.stop_reason is named.result.stop_reason is StopReason.EXHAUSTED
    assert not found.reductions & RENAMING
    assert named.reductions == EVERYTHING
    assert found.result.states < named.result.states
    assert found.result.witnessed == named.result.witnessed
    assert {item.reduction for item in found.result.savings} >= RENAMING
    assert any("in a first look" in item.words for item in found.result.savings)


@native
def test_where_they_join_many_they_are_used() -> None:
    program = compile_model("follow_page_hiatus", CompileOptions())
    found = ran(program, Reduce(EVERYTHING))
    assert found.reductions >= RENAMING
    without = ran(program, Reduce(EVERYTHING - RENAMING))
    assert found.result.states < without.result.states


def test_the_same_levels_are_looked_at_both_times() -> None:
    program = compile_model("follow_page_hiatus", CompileOptions())
    asked: list[SearchOptions] = []

    def search(options: SearchOptions) -> SearchResult:
        asked.append(options)
        kept = frozenset[Reduction]() if options.unrenamed else options.reductions
        return PythonEngine().search(program, evolve(options, reductions=kept))

    pays, words = renamings_pay(search, SearchOptions(reductions=EVERYTHING), 500)
    assert [item.unrenamed for item in asked] == [True, True, False]
    assert asked[0].max_states == 500
    assert asked[1].max_depth == asked[2].max_depth is not None
    assert all(not item.reductions & {Reduction.POR, Reduction.MERGE} for item in asked)
    assert "instead of" in words
    assert isinstance(pays, bool)
