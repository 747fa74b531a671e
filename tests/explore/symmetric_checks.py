"""What must be true of a program's symmetries and canonical forms, checked state by state."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from itertools import permutations

from ksmcheck.analysis.symbols import Oracle, symbols_of
from ksmcheck.analysis.symmetry.automorphisms import Permutation, symmetries
from ksmcheck.analysis.symmetry.canonical import Canonical
from ksmcheck.analysis.symmetry.renaming import StateMap, StateMaps
from ksmcheck.backends.evaluator import Evaluator, State
from ksmcheck.explore.options import SearchOptions
from ksmcheck.explore.oracles import oracle_for
from ksmcheck.explore.python_engine import PythonEngine
from ksmcheck.explore.reductions import Reduction
from ksmcheck.explore.result import FindingKind, SearchResult
from ksmcheck.ir.program import Program
from tests.backends.conformance import replays

BOTH = frozenset({Reduction.SYMMETRY, Reduction.HEAP})


def settled(program: Program, oracle: Oracle | None, state: State) -> State:
    """The state with its symbols numbered as they come."""
    if oracle is None:
        return state
    symbols, result = symbols_of(program), list(state)
    held = tuple(state[cell] for cell in symbols.cells)
    result[symbols.condition], numbers = oracle.settle(state[symbols.condition], held)
    for cell, number in zip(symbols.cells, numbers, strict=True):
        result[cell] = number
    return tuple(result)


def every_renaming(program: Program, oracle: Oracle | None) -> list[Callable[[State], State]]:
    """All permutations of each class, and the exchanges of actors, as maps of states."""
    maps, found = StateMaps(program), symmetries(program)
    renamings = [
        Permutation(tuple((a, b) for a, b in zip(group, order, strict=True) if a != b))
        for group in found.classes
        for order in permutations(group)
    ]

    def settling(rename: StateMap) -> Callable[[State], State]:
        return lambda state: settled(program, oracle, rename(state))

    return [settling(maps.of(item)) for item in (*renamings, *found.swaps)]


def check_definition(program: Program, most_states: int) -> int:
    """At every state: renamings map steps to steps, and forms do not tell renamed states apart.

    Gives the number of canonical forms among the states looked at.
    """
    oracle = oracle_for(program)
    evaluator = Evaluator(program, oracle)
    canonical = Canonical(program, symmetries(program), oracle)
    renamings = every_renaming(program, oracle)
    known: set[State] = set(evaluator.initial())
    queue, forms, looked = deque(known), set[State](), 0
    while queue and looked < most_states:
        state = queue.popleft()
        looked += 1
        form = canonical(state)
        forms.add(form)
        assert canonical(form) == form
        outcomes = evaluator.successors(state)
        for rename in renamings:
            image = rename(state)
            assert canonical(image) == form
            after = sorted(rename(o.state) if o.state else () for o in outcomes)
            assert after == sorted(o.state or () for o in evaluator.successors(image))
        for outcome in outcomes:
            if outcome.state is not None and outcome.state not in known:
                known.add(outcome.state)
                queue.append(outcome.state)
    return len(forms)


def orbits(program: Program, states: set[State], oracle: Oracle | None = None) -> int:
    """How many classes ``states`` fall into, by brute force: a graph of renamings, searched."""
    renamings, left, count = every_renaming(program, oracle), set(states), 0
    while left:
        count += 1
        todo = [left.pop()]
        seen = set(todo)
        while todo:
            state = todo.pop()
            for rename in renamings:
                image = rename(state)
                if image not in seen:
                    seen.add(image)
                    todo.append(image)
        left -= seen
    return count


def all_states(program: Program, most: int, oracle: Oracle | None = None) -> set[State] | None:
    """Every reachable state, or None when there are more than ``most``."""
    evaluator = Evaluator(program, oracle)
    known = set(evaluator.initial())
    queue = deque(known)
    while queue:
        for outcome in evaluator.successors(queue.popleft()):
            if outcome.state is not None and outcome.state not in known:
                if len(known) == most:
                    return None
                known.add(outcome.state)
                queue.append(outcome.state)
    return known


def search(
    program: Program,
    reductions: frozenset[Reduction],
    *,
    everything: bool = True,
    most_states: int | None = None,
) -> SearchResult:
    """A search with the python engine."""
    options = SearchOptions(most_states, all_violations=everything, reductions=reductions)
    return PythonEngine().search(program, options)


def summary(program: Program, result: SearchResult) -> object:
    """What two searches must agree on, with symmetries and without.

    Faults and lock cycles count by their check and code: renamed actors fault elsewhere.
    """
    shortest: dict[tuple[FindingKind, object], int] = {}
    for finding in result.findings:
        what: object = finding.index
        if finding.kind is FindingKind.FAULT:
            fault = program.faults[finding.index]
            what = (fault.check, fault.code)
        key = (finding.kind, what)
        shortest[key] = min(finding.depth, shortest.get(key, finding.depth))
    return result.stop_reason, shortest, result.witnessed, result.fired, result.edges, result.depth


def _without_depths(program: Program, result: SearchResult) -> object:
    """What partial order reduction must leave as it is, too; it may find longer ways."""
    kinds = set()
    for finding in result.findings:
        what: object = finding.index
        if finding.kind is FindingKind.FAULT:
            fault = program.faults[finding.index]
            what = (fault.check, fault.code)
        kinds.add((finding.kind, what))
    return result.stop_reason, kinds, result.fired, result.edges


def check_paths(program: Program, result: SearchResult) -> None:
    """Every finding's path is a run of the evaluator, and ends in what was found."""
    evaluator = Evaluator(program, result.oracle)
    for finding in result.findings:
        replays(program, evaluator, finding)


def check_search(program: Program, most_states: int = 3000) -> None:
    """The verdicts are the same with each reduction and without; the count is that of orbits."""
    plain = search(program, frozenset())
    for reductions in (BOTH, *(frozenset({item}) for item in BOTH)):
        reduced = search(program, reductions)
        assert summary(program, reduced) == summary(program, plain)
        check_paths(program, reduced)
        first = search(program, reductions, everything=False)
        once = search(program, frozenset(), everything=False)
        assert [item.depth for item in first.findings] == [item.depth for item in once.findings]
    found = search(program, BOTH | {Reduction.POR})
    assert _without_depths(program, found) == _without_depths(program, plain)
    check_paths(program, found)
    oracle = oracle_for(program)
    states = all_states(program, most_states, oracle)
    if states is not None:
        assert search(program, BOTH).states == orbits(program, states, oracle)
