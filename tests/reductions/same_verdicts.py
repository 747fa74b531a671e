"""What a search with reductions must have in common with the whole space of the evaluator."""

from __future__ import annotations

from ksmcheck.explore.engines import EngineChoice, EngineName, run
from ksmcheck.explore.options import SearchOptions, StopReason
from ksmcheck.explore.reductions import Reduce, Reduction
from ksmcheck.explore.result import FindingKind, SearchResult
from ksmcheck.ir.program import BuiltinCheck, Program, PropertyKind
from ksmcheck.trace.describe import Model
from ksmcheck.trace.record import record
from tests.oracle.engine import name_of
from tests.oracle.evaluator_search import Space

State = tuple[int, ...]


def reduced(
    program: Program, names: tuple[str, ...], engine: EngineName = EngineName.PYTHON
) -> SearchResult:
    """A search with these reductions, those that can be used, that goes on after violations."""
    wanted = Reduce(frozenset(map(Reduction, names)))
    choice = EngineChoice(engine, workers=1, reduce=wanted)
    return run(choice, program, SearchOptions(all_violations=True), None).result


def assert_same_verdicts(program: Program, space: Space, result: SearchResult) -> None:
    """The same violations, witnesses, lock orders, steps that fired; and every finding replays."""
    assert result.stop_reason is StopReason.EXHAUSTED
    found = {name_of(program, finding) for finding in result.findings}
    assert found == set(space.bad)
    for finding in result.findings:
        assert len(record(Model.of(program), finding).steps) == finding.depth
        assert finding.depth >= space.bad[name_of(program, finding)].depth
    assert result.witnessed == witnessed(space)
    if BuiltinCheck.LOCK_ORDER not in program.disabled:
        assert result.edges == frozenset(space.flags)
    assert result.fired == fired(space)
    deadlocked = any(finding.kind is FindingKind.DEADLOCK for finding in result.findings)
    assert deadlocked == ("KSM842" in space.bad)


def fired(space: Space) -> tuple[frozenset[int], ...]:
    """For each actor the locations whose step has an outcome in some state."""
    result: list[set[int]] = [set() for _ in space.program.actors]
    for state in space.levels:
        for outcome in space.evaluator.successors(state):
            result[outcome.actor].add(outcome.step.location)
    return tuple(map(frozenset, result))


def witnessed(space: Space) -> frozenset[int]:
    """The properties whose witness is true somewhere."""
    result: set[int] = set()
    for number, item in enumerate(space.program.properties):
        if item.witness is None:
            continue
        for state in space.finals if item.kind is PropertyKind.END else space.levels:
            if item.kind is not PropertyKind.STEP:
                olds: list[tuple[State, State | None]] = [(state, None)]
            else:
                nexts = space.evaluator.successors(state)
                olds = [(o.state, state) for o in nexts if o.state is not None]
            if any(space.evaluator.value(item.witness, new, old) for new, old in olds):
                result.add(number)
                break
    return frozenset(result)
