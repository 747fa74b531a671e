"""What of a program is never entered: both engines see the same, and a search finds it out."""

from __future__ import annotations

from pathlib import Path

import pytest
from attrs import evolve
from hypothesis import HealthCheck, assume, given, settings

from ksmcheck.analysis.arms import EVERY, Entered, arms_of
from ksmcheck.analysis.local_states import local_states, locations_alone
from ksmcheck.analysis.stubborn import stubborn
from ksmcheck.backends.native.compiler import find_compiler
from ksmcheck.diagnostics import UserError
from ksmcheck.explore.options import SearchOptions, StopReason
from ksmcheck.explore.python_engine import PythonEngine
from ksmcheck.explore.reductions import Reduction
from ksmcheck.frontend import compile_model
from ksmcheck.ir.program import Program
from tests.backends.random_programs import programs as random_steps
from tests.native.agreement import native
from tests.oracle.evaluator_search import TooManyStates, search
from tests.oracle.models import compile_file
from tests.reductions.definition import entered_in
from tests.reductions.same_verdicts import assert_same_verdicts

ROOT = Path(__file__).parent.parent
BOTH = frozenset({Reduction.POR, Reduction.MERGE})
REDUCED = SearchOptions(all_violations=True, reductions=BOTH)
SETTINGS = settings(deadline=None, suppress_health_check=list(HealthCheck), max_examples=60)
NAMES = ("philosophers_ordered", "bounded_buffer", "two_phase_commit", "ticket_lock")
TEXTBOOK = [path for name in NAMES if (path := ROOT / "textbook" / f"{name}.py").exists()]


@pytest.mark.parametrize("path", TEXTBOOK, ids=lambda path: path.stem)
def test_a_search_finds_out_what_is_entered(path: Path) -> None:
    program = compile_file(path)
    assert PythonEngine().search(program, REDUCED).entered == entered_in(search(program))


@pytest.mark.skipif(find_compiler() is None, reason="no C compiler")
@pytest.mark.slow
@pytest.mark.parametrize("model", ["fork_before_rmap_item", "follow_page_hiatus"])
def test_engines_see_the_same(model: str) -> None:
    program = compile_model(model)
    results = [
        PythonEngine().search(program, REDUCED),
        *(native(workers).search(program, REDUCED) for workers in (1, 2)),
    ]
    assert results[0].stop_reason is StopReason.EXHAUSTED
    assert len({(r.states, r.transitions, r.entered) for r in results}) == 1


@pytest.mark.skipif(find_compiler() is None, reason="no C compiler")
def test_engines_see_the_same_of_a_small_one() -> None:
    program = compile_file(ROOT / "textbook" / "bounded_buffer.py")
    results = [engine.search(program, REDUCED).entered for engine in (PythonEngine(), native(2))]
    assert results[0] == results[1] == entered_in(search(program))


@SETTINGS
@given(program=random_steps())
def test_wherever_it_begins(program: Program) -> None:
    """What the first search takes for granted is not what the last one depends on."""
    try:
        space = search(program, most=3000)
    except (UserError, TooManyStates):
        assume(False)
    whole = entered_in(space)
    for first in (Entered.nothing(whole.states), whole):
        result = PythonEngine().search(program, evolve(REDUCED, entered=first))
        assert_same_verdicts(program, space, result)
        assert result.entered is not None
        assert result.entered | whole == whole


def test_numbers_of_arms_are_those_of_the_text() -> None:
    program = compile_model("swapin_race")
    most = max(arms_of(step.block) for actor in program.actors for step in actor.steps)
    assert most > 2
    nothing, everything = Entered.nothing(local_states(program)), Entered.everything(program)
    assert nothing | nothing == nothing
    assert everything | everything == everything
    assert all(arms == EVERY for each in everything.arms for arms in each.values())


def test_what_nobody_enters_is_not_in_the_tables() -> None:
    program = compile_file(ROOT / "textbook" / "philosophers_ordered.py")
    everybody, start = (1 << len(program.actors)) - 1, (0,) * len(program.actors)
    nothing = stubborn(program, Entered.nothing(local_states(program)))
    assert nothing.choose(nothing.at(start), everybody, 0) == 1
    assert stubborn(program).choose(start, everybody, 0) == everybody


def test_a_renaming_maps_whole_steps() -> None:
    program = compile_file(ROOT / "textbook" / "philosophers_ordered.py")
    states = locations_alone(program)
    entered = Entered(states, ({0: 3}, {1: 5}, {0: 1}))
    closed = entered.whole_steps((((0, 1), (1, 0)),))
    assert closed.arms == ({0: EVERY, 1: EVERY}, {0: EVERY, 1: EVERY}, {0: EVERY})
    assert entered | closed == closed
