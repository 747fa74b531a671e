"""Puts the states that a search ran through back into the paths that it found."""

from __future__ import annotations

from attrs import evolve, frozen

from ksmcheck.analysis.stubborn import Stubborn, stubborn
from ksmcheck.backends.evaluator import Evaluator, Outcome
from ksmcheck.diagnostics import InternalError
from ksmcheck.explore.options import SearchOptions
from ksmcheck.explore.reductions import Reduction
from ksmcheck.explore.result import Finding, State
from ksmcheck.ir.program import Program


def without_gaps(
    program: Program,
    options: SearchOptions,
    findings: tuple[Finding, ...],
    evaluator: Evaluator | None = None,
) -> tuple[Finding, ...]:
    """The findings with every state on their paths. InternalError when a path cannot be closed."""
    if Reduction.MERGE not in options.reductions or not findings:
        return findings
    tables = stubborn(program)
    filler = _Filler(
        program, evaluator or Evaluator(program), tables, tables.aim(options.aim), program.offsets()
    )
    return tuple(evolve(item, path=filler.path(item.path)) for item in findings)


@frozen
class _Filler:
    program: Program
    evaluator: Evaluator
    tables: Stubborn
    aim: int
    offsets: tuple[int, ...]

    def path(self, stored: tuple[State, ...]) -> tuple[State, ...]:
        """``stored`` with what lies between."""
        path = stored[:1]
        for goal in stored[1:]:
            path += self._between(path[-1], goal)
        return path

    def _between(self, start: State, goal: State) -> tuple[State, ...]:
        """The states after ``start`` up to ``goal``: one step, then runs of single steps."""
        ways: list[tuple[State, ...]] = [
            (o.state,) for o in self.evaluator.successors(start) if o.state is not None
        ]
        for way in ways:
            if way[-1] == goal:
                return way
        for way in ways:
            state: State | None = way[-1]
            while state is not None and state != goal:
                state = self._onward(state)
                way += () if state is None else (state,)
            if state is not None:
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
        at = tuple(state[self.offsets[actor.location]] for actor in self.program.actors)
        moving = self.tables.choose(at, enabled, self.aim)
        if moving == 0 or moving & (moving - 1):
            return None
        actor = moving.bit_length() - 1
        if len(found[actor]) != 1 or self.tables.steps[actor][at[actor]].sticky:
            return None
        return found[actor][0].state
