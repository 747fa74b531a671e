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
        """The states after ``start`` up to ``goal``: one step, then runs of single steps."""
        ways: list[tuple[State, ...]] = [
            (o.state,) for o in self.evaluator.successors(start) if o.state is not None
        ]
        for way in ways:
            if self._stored(way[-1]) == goal:
                return way
        for way in ways:
            state: State | None = way[-1]
            while state is not None and self._stored(state) != goal and len(way) <= LONGEST:
                state = self._onward(state)
                way += () if state is None else (state,)
            if state is not None and self._stored(state) == goal:
                return way
        raise InternalError("no run of single steps leads from one stored state to the next")

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
