"""The suite that every engine must pass on every program: the evaluator's word is the law.

``run_conformance`` compares, state by state, everything that the python engine says with what the
evaluator says, and then the search with one that knows no shortcut.
"""

from __future__ import annotations

from collections import deque
from itertools import pairwise

import pytest
from attrs import Factory, define

from ksmcheck.backends.evaluator import Evaluator, Outcome, State
from ksmcheck.backends.python.model import PythonModel
from ksmcheck.diagnostics import UserError
from ksmcheck.explore.breadth_first import breadth_first
from ksmcheck.explore.lock_order import LockOrder
from ksmcheck.explore.options import SearchOptions, StopReason
from ksmcheck.explore.result import Finding, FindingKind, SearchResult
from ksmcheck.ir.program import BuiltinCheck, Program, PropertyKind


@define
class Space:
    """All there is to know: ``first`` has the depth of the shortest trace to each finding."""

    levels: dict[State, int] = Factory(dict)
    transitions: int = 0
    first: dict[tuple[FindingKind, int], int] = Factory(dict)
    witnessed: set[int] = Factory(set)
    fired: set[tuple[int, int]] = Factory(set)
    edges: set[int] = Factory(set)

    def found(self, kind: FindingKind, index: int, depth: int) -> None:
        self.first.setdefault((kind, index), depth)


def run_conformance(program: Program, most_states: int = 100_000) -> Space | None:
    """Compare engine and evaluator on the whole state space; None when it is too big."""
    evaluator, model = Evaluator(program), PythonModel(program)
    try:
        initial = evaluator.initial()
    except UserError as refused:
        _refused_alike(program, model, refused)
        return None
    assert [model.unpack(state) for state in model.initial()] == initial
    space, queue = Space(), deque(initial)
    for state in initial:
        space.levels[state] = 0
        _check_state(space, program, evaluator, model, state)
    while queue:
        state = queue.popleft()
        outcomes = evaluator.successors(state)
        _same_outcomes(model, state, outcomes)
        _follow(space, program, evaluator, model, state, outcomes)
        for outcome in outcomes:
            if outcome.state is not None and outcome.state not in space.levels:
                space.levels[outcome.state] = space.levels[state] + 1
                _check_state(space, program, evaluator, model, outcome.state)
                queue.append(outcome.state)
        if len(space.levels) > most_states:
            return None
    _same_search(program, evaluator, space)
    return space


def _refused_alike(program: Program, model: PythonModel, refused: UserError) -> None:
    with pytest.raises(UserError) as caught:
        model.initial()
    assert caught.value.diagnostics == refused.diagnostics, program.identity.model


def _same_outcomes(model: PythonModel, state: State, outcomes: list[Outcome]) -> None:
    packed = model.layout.pack(state)
    assert model.unpack(packed) == state
    model.observed.clear()
    got: list[tuple[int, int, State | int]] = []
    for step in model.current(packed):
        for after in step.run(packed):
            end = after if isinstance(after, int) else model.unpack(after)
            got.append((step.actor, step.location, end))
    expected = [
        (item.actor, item.step.location, item.state if item.fault is None else item.fault)
        for item in outcomes
    ]
    assert got == expected, f"in state {state}"
    flags = [(mask, model.unpack(after)) for mask, after in model.observed]
    assert flags == [
        (sum(1 << flag for flag in item.flags), item.state) for item in outcomes if item.flags
    ]


def _check_state(
    space: Space, program: Program, evaluator: Evaluator, model: PythonModel, state: State
) -> None:
    """Ask every state property of a new state, of both."""
    over = program.over(state, program.offsets())
    packed = model.layout.pack(state)
    assert bool(model.over(packed)) == over
    for number, item in enumerate(program.properties):
        if item.kind is not PropertyKind.STEP:
            applies = over or item.kind is PropertyKind.STATE
            _ask(space, program, evaluator, model, number, (state, state), applies)


def _ask(
    space: Space,
    program: Program,
    evaluator: Evaluator,
    model: PythonModel,
    number: int,
    step: tuple[State, State],
    applies: bool = True,
) -> None:
    old, new = step
    item = program.properties[number]
    before = old if item.kind is PropertyKind.STEP else None
    values = [evaluator.value(i.predicate, new, before) for i in item.instances]
    wrong = next((place for place, value in enumerate(values, 1) if not value), 0) if applies else 0
    reached = bool(
        applies and item.witness is not None and evaluator.value(item.witness, new, before)
    )
    for watch in model.all_watches:
        if watch.subject == number and not watch.stutter:
            got = watch.test(model.layout.pack(old), model.layout.pack(new))
            assert got == (reached if watch.witness else wrong), f"{item.name} in {step}"
    if wrong:
        depth = space.levels[new] if before is None else space.levels[old] + 1
        space.found(FindingKind.PROPERTY, number, depth)
    if reached:
        space.witnessed.add(number)


def _follow(
    space: Space,
    program: Program,
    evaluator: Evaluator,
    model: PythonModel,
    state: State,
    outcomes: list[Outcome],
) -> None:
    space.transitions += len(outcomes)
    level = space.levels[state]
    if not outcomes and not program.over(state, program.offsets()):
        space.found(FindingKind.DEADLOCK, 0, level)
    for outcome in outcomes:
        space.fired.add((outcome.actor, outcome.step.location))
        space.edges |= outcome.flags
        if outcome.fault is not None:
            space.found(FindingKind.FAULT, outcome.fault, level + 1)
        if outcome.state is None:
            continue
        for number, item in enumerate(program.properties):
            if item.kind is PropertyKind.STEP:
                _ask(space, program, evaluator, model, number, (state, outcome.state))


def _same_search(program: Program, evaluator: Evaluator, space: Space) -> None:
    everything = SearchOptions(all_violations=True)
    result = breadth_first(program, PythonModel(program), everything)
    assert result.stop_reason is StopReason.EXHAUSTED
    assert result.states == len(space.levels)
    assert result.transitions == space.transitions
    assert result.depth == max(space.levels.values())
    assert result.witnessed == space.witnessed
    assert result.edges == space.edges
    assert {(a, place) for a, fired in enumerate(result.fired) for place in fired} == space.fired
    found = {
        (item.kind, item.index): item.depth
        for item in result.findings
        if item.kind is not FindingKind.LOCK_ORDER
    }
    if BuiltinCheck.DEADLOCK in program.disabled:
        space.first.pop((FindingKind.DEADLOCK, 0), None)
    assert found == space.first
    assert len(result.findings) == len({(item.kind, item.index) for item in result.findings})
    _same_cycles(program, result)
    for item in result.findings:
        replays(program, evaluator, item)
    _first_is_shortest(program, result)


def _same_cycles(program: Program, result: SearchResult) -> None:
    order = LockOrder(program.edges)
    cycles = [order.add(flag) for flag in sorted(result.edges)]
    closes = any(cycles)
    reported = any(item.kind is FindingKind.LOCK_ORDER for item in result.findings)
    assert reported == (closes and BuiltinCheck.LOCK_ORDER not in program.disabled)


def _first_is_shortest(program: Program, result: SearchResult) -> None:
    first = breadth_first(program, PythonModel(program), SearchOptions())
    if not result.findings:
        assert first.stop_reason is StopReason.EXHAUSTED
        assert (first.states, first.transitions) == (result.states, result.transitions)
        return
    assert first.stop_reason is StopReason.VIOLATION
    assert len(first.findings) == 1
    assert first.depth == first.findings[0].depth == min(i.depth for i in result.findings)


def replays(program: Program, evaluator: Evaluator, finding: Finding) -> None:
    """The evaluator can walk the path, and what was found is there at its end."""
    path = finding.path
    assert path[0] in evaluator.initial()
    for before, after in pairwise(path):
        assert after in [outcome.state for outcome in evaluator.successors(before)]
    outcomes = evaluator.successors(path[-1])
    match finding.kind:
        case FindingKind.FAULT:
            assert finding.index in [outcome.fault for outcome in outcomes]
        case FindingKind.DEADLOCK:
            assert not outcomes
        case FindingKind.PROPERTY:
            item = program.properties[finding.index]
            old = path[-2] if item.kind is PropertyKind.STEP else None
            predicate = item.instances[finding.instance].predicate
            assert not evaluator.value(predicate, path[-1], old)
        case FindingKind.LOCK_ORDER:
            last = evaluator.successors(path[-2])
            assert any(finding.index in o.flags for o in last if o.state == path[-1])
