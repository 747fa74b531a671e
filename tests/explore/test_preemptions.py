"""Searches within a bound on preemptions: counted by hand, and the same on both engines."""

from __future__ import annotations

from pathlib import Path

import pytest
from attrs import evolve

from ksmcheck.backends.evaluator import Evaluator, State
from ksmcheck.diagnostics import UserError
from ksmcheck.explore.engines import EngineChoice, EngineName, Ran, run
from ksmcheck.explore.options import SearchOptions
from ksmcheck.explore.reductions import Reduce, Reduction
from ksmcheck.explore.result import FindingKind
from ksmcheck.frontend import CompileOptions, compile_model
from ksmcheck.ir.program import Program
from tests.explore.symmetric_checks import check_paths

TESTS = Path(__file__).parent.parent
MODELS = [
    "textbook/ticket_lock", "textbook/peterson", "textbook/philosophers_deadlock",
    "checks/double_free", "checks/use_after_free", "checks/lock_order", "checks/deadlock",
    "checks/rcu_reuse", "checks/refcount_from_zero",
]  # fmt: skip


def compiled(name: str) -> Program:
    return compile_model(str(TESTS / f"{name}.py"), CompileOptions())


def within(program: Program, bound: int | None, engine: EngineName, workers: int = 1) -> Ran:
    options = SearchOptions(preemptions=bound, all_violations=True)
    return run(EngineChoice(engine, workers), program, options, None)


def by_hand(program: Program, bound: int) -> tuple[int, int]:
    """The states, with who moved last and how often one was preempted, and the steps."""
    evaluator = Evaluator(program)
    known: set[tuple[State, int, int]] = {(state, -1, 0) for state in evaluator.initial()}
    todo, transitions = list(known), 0
    while todo:
        state, last, count = todo.pop()
        outcomes = evaluator.successors(state)
        could_go_on = any(outcome.actor == last for outcome in outcomes)
        for outcome in outcomes:
            more = count + (could_go_on and outcome.actor != last)
            if more > bound:
                continue
            transitions += 1
            if outcome.state is not None and (outcome.state, outcome.actor, more) not in known:
                known.add((outcome.state, outcome.actor, more))
                todo.append((outcome.state, outcome.actor, more))
    return len(known), transitions


@pytest.mark.parametrize("name", MODELS)
def test_both_engines_count_as_by_hand(name: str) -> None:
    program = compiled(name)
    for bound in (0, 1, 2):
        expected = by_hand(program, bound)
        for engine, workers in (
            (EngineName.PYTHON, 1), (EngineName.NATIVE, 1), (EngineName.NATIVE, 2),
        ):  # fmt: skip
            ran = within(program, bound, engine, workers)
            assert (ran.result.states, ran.result.transitions) == expected
            assert ran.preemptions == bound
            check_paths(program, ran.result)


@pytest.mark.parametrize("name", MODELS)
def test_a_large_bound_is_none(name: str) -> None:
    program = compiled(name)
    free = {(f.kind, f.index) for f in within(program, None, EngineName.PYTHON).result.findings}
    found = within(program, 12, EngineName.PYTHON).result
    assert {(item.kind, item.index) for item in found.findings} == free


def test_one_preemption_shows_the_race() -> None:
    program = compiled("checks/double_free")
    assert not within(program, 0, EngineName.PYTHON).result.findings
    (finding,) = within(program, 1, EngineName.PYTHON).result.findings
    assert finding.kind is FindingKind.FAULT


def test_reductions_are_refused() -> None:
    program = compiled("checks/double_free")
    named = EngineChoice(EngineName.PYTHON, reduce=Reduce(frozenset({Reduction.SYMMETRY}), True))
    options = SearchOptions(preemptions=1)
    with pytest.raises(UserError) as refused:
        run(named, program, options, None)
    assert refused.value.diagnostics[0].code == "KSM546"
    all_that_fit = evolve(named, reduce=Reduce(frozenset(Reduction)))
    assert run(all_that_fit, program, options, None).reductions == frozenset()
