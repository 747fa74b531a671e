"""Puts the states that a search ran through back into the paths that it found."""

from __future__ import annotations

from itertools import pairwise

from attrs import evolve, frozen

from ksmcheck.analysis.stubborn import Stubborn
from ksmcheck.analysis.symmetry.canonical import Canonical
from ksmcheck.analysis.tables import Tables
from ksmcheck.backends.evaluator import Evaluator, Outcome
from ksmcheck.diagnostics import InternalError
from ksmcheck.explore.merging import LONGEST
from ksmcheck.explore.options import SearchOptions, StopReason
from ksmcheck.explore.reductions import Reduction
from ksmcheck.explore.result import Finding, SearchResult, State
from ksmcheck.ir.program import Program


def without_gaps(
    program: Program,
    options: SearchOptions,
    result: SearchResult,
    tables: Tables,
    canonical: Canonical | None,
) -> SearchResult:
    """The result with every state on its paths. InternalError when a path cannot be closed.

    ``options`` and ``tables`` are those of the search. ``canonical`` is how states were stored, if
    not as they are.
    """
    if Reduction.MERGE not in options.reductions or not result.findings:
        return result
    used = tables.of(options.entered)
    aim = used.aim(options.aim)
    filler = _Filler(Evaluator(program, result.oracle), used, aim, canonical)
    findings = tuple(evolve(item, path=filler.path(item)) for item in result.findings)
    stopped = result.stop_reason is StopReason.VIOLATION
    return evolve(result, findings=findings, depth=findings[0].depth if stopped else result.depth)


@frozen
class _Mover:
    """A way of steps of one actor; ``before`` is the state before the last of them."""

    actor: int
    before: State
    way: tuple[State, ...]


@frozen
class _Filler:
    evaluator: Evaluator
    tables: Stubborn
    aim: int
    canonical: Canonical | None

    def path(self, finding: Finding) -> tuple[State, ...]:
        """The finding's path with what lies between its states."""
        path = finding.path[:1]
        for start, goal in pairwise(finding.path):
            # From the stored state itself: what is chosen for a renamed one may be another actor.
            path += (*self._between(start, self._stored(goal))[:-1], goal)
        return path

    def _stored(self, state: State) -> State:
        return state if self.canonical is None else self.canonical(state)

    def _between(self, start: State, goal: State) -> tuple[State, ...]:
        """The states after ``start`` up to ``goal``: right movers, a step, runs of single steps."""
        movers = [
            _Mover(o.actor, start, (o.state,))
            for o in self.evaluator.successors(start)
            if o.state is not None
        ]
        for mover in movers:
            if self._stored(mover.way[-1]) == goal:
                return mover.way
        seen: set[tuple[int, State, State]] = set()
        for _ in range(LONGEST):
            for mover in movers:
                way = self._run(mover.way, goal)
                if way is not None:
                    return way
            new = {(m.actor, m.before, m.way[-1]): m for m in movers}
            movers = [after for key in new.keys() - seen for after in self._after(new[key])]
            seen |= new.keys()
        raise InternalError(
            "no run of right movers and single steps leads to the next stored state"
        )

    def _run(self, way: tuple[State, ...], goal: State) -> tuple[State, ...] | None:
        """``way`` with the run of single steps from its end to ``goal``; None: it is not there."""
        state: State | None = way[-1]
        while state is not None and self._stored(state) != goal and len(way) <= 2 * LONGEST:
            state = self._onward(state)
            way += () if state is None else (state,)
        return way if state is not None and self._stored(state) == goal else None

    def _after(self, mover: _Mover) -> list[_Mover]:
        """What follows when a search goes on with the same actor."""
        state, states = mover.way[-1], self.tables.states
        before = self.tables.point(mover.actor, states.numbers(mover.before)[mover.actor])
        at = self.tables.at(states.numbers(state))
        if not self.tables.goes_on(mover.actor, before, at, self.aim):
            return []
        return [
            _Mover(mover.actor, state, (*mover.way, o.state))
            for o in self.evaluator.successors(state)
            if o.actor == mover.actor and o.state is not None
        ]

    def _onward(self, state: State) -> State | None:
        """The next state of a run through ``state``; None where it ends."""
        found: dict[int, list[Outcome]] = {}
        for outcome in self.evaluator.successors(state):
            found.setdefault(outcome.actor, []).append(outcome)
        enabled = sum(
            1 << actor
            for actor, outcomes in found.items()
            if any(outcome.state is not None for outcome in outcomes)
        )
        at = self.tables.at(self.tables.states.numbers(state))
        actor = self.tables.alone(at, enabled, self.aim)
        return None if actor is None or len(found[actor]) != 1 else found[actor][0].state
