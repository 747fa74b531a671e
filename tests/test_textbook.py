"""Textbook systems: the tool's counts are the toy checker's, and the published ones.

TLC prints two numbers for a specification: distinct states, which are our states, and states
generated, which are the initial states plus one for every enabled action of every distinct state:
our transitions + 1 for a single initial state.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ksmcheck.explore.options import SearchOptions
from ksmcheck.explore.python_engine import PythonEngine
from ksmcheck.ir.program import BuiltinCheck
from tests.oracle import systems
from tests.oracle.engine import assert_same_as_evaluator, first_finding, name_of
from tests.oracle.evaluator_search import search as search_with_evaluator
from tests.oracle.models import compile_file
from tests.oracle.toy_checker import Result, System, search

FOLDER = Path(__file__).parent / "textbook"

TWO_PHASE = {2: (56, 154), 3: (288, 1146), 4: (1568, 8258), 5: (8832, 58146), 6: (50816, 402306)}

# name: states, transitions, depth of the space, depth of the shortest counterexample
COUNTS: dict[str, tuple[int, int, int, int | None]] = {
    "peterson": (32, 64, 7, None),
    "filter_lock": (2090, 6270, 30, None),
    "ticket_lock": (375, 642, 18, None),
    "philosophers_deadlock": (35, 75, 7, 3),
    "philosophers_ordered": (72, 116, 12, None),
    "bounded_buffer": (410, 714, 47, None),
    "broken_mutex": (18, 24, 6, 4),
}

SYSTEMS: dict[str, Callable[[], System[Any]]] = {
    "peterson": systems.peterson,
    "filter_lock": systems.filter_lock,
    "ticket_lock": systems.ticket_lock,
    "philosophers_deadlock": systems.philosophers_deadlock,
    "philosophers_ordered": systems.philosophers_ordered,
    "bounded_buffer": systems.bounded_buffer,
    "broken_mutex": systems.broken_mutex,
}

FIRST_ERRORS = {"philosophers_deadlock": "KSM842", "broken_mutex": "mutual_exclusion"}


def summary(result: Result) -> tuple[int, int, int, int | None]:
    """A toy result in the order of COUNTS."""
    return result.states, result.transitions, result.depth, result.error_depth


@pytest.mark.parametrize("name", COUNTS)
def test_toy_checker_counts(name: str) -> None:
    assert summary(search(SYSTEMS[name]())) == COUNTS[name]


@pytest.mark.parametrize("name", COUNTS)
def test_model_counts(name: str) -> None:
    program = compile_file(FOLDER / f"{name}.py", disabled=[BuiltinCheck.LOCK_ORDER])
    space = search_with_evaluator(program)
    states, transitions, depth, error = COUNTS[name]
    assert (len(space.levels), space.transitions, space.depth) == (states, transitions, depth)
    assert {bad.depth for bad in space.bad.values()} == ({error} if error else set())
    assert_same_as_evaluator(program, space)


@pytest.mark.parametrize("name", COUNTS)
def test_model_verdict(name: str) -> None:
    program = compile_file(FOLDER / f"{name}.py", disabled=[BuiltinCheck.LOCK_ORDER])
    finding = first_finding(program)
    assert (name_of(program, finding) if finding else None) == FIRST_ERRORS.get(name)
    assert (finding.depth if finding else None) == COUNTS[name][3]


@pytest.mark.parametrize("managers", TWO_PHASE)
def test_two_phase_commit_toy_counts(managers: int) -> None:
    result = search(systems.two_phase_commit(managers))
    assert (result.states, result.transitions + 1) == TWO_PHASE[managers]
    assert result.verdict == "holds"


@pytest.mark.parametrize("managers", TWO_PHASE)
def test_two_phase_commit_model_counts(managers: int) -> None:
    program = compile_file(FOLDER / "two_phase_commit.py", [("managers", managers)])
    result = PythonEngine().search(program, SearchOptions())
    assert (result.states, result.transitions + 1) == TWO_PHASE[managers]
    assert result.depth == search(systems.two_phase_commit(managers)).depth
    assert result.findings == ()
    assert result.witnessed


def test_two_phase_commit_on_the_evaluator() -> None:
    program = compile_file(FOLDER / "two_phase_commit.py", [("managers", 3)])
    space = search_with_evaluator(program)
    assert (len(space.levels), space.transitions + 1) == TWO_PHASE[3]
    assert_same_as_evaluator(program, space)
