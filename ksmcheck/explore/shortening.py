"""A counterexample as people read it: no longer than it must be, with few context switches.

The search runs the trace's own steps again in other orders, breadth-first: each actor goes through
the locations that it goes through in the trace, in that order, and may stop earlier. The first
level with the same violation is taken, and there the run with the fewest context switches. A level
is cut down to the states with the fewest switches when it grows too large; the trace itself is
never cut, so the result is at most as long. What is found is a path of real states like any other,
and is replayed like any other.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import assert_never

from attrs import define, evolve, field, frozen

from ksmcheck.analysis.symbols import symbols_of
from ksmcheck.backends.python.model import PythonModel
from ksmcheck.explore.result import Finding, FindingKind, SearchResult
from ksmcheck.explore.stepper import Packed, Test
from ksmcheck.ir.program import Program

# States that are looked at for one trace: about a second.
STATES = 60_000

# A level keeps at least this many.
NARROWEST = 40


def shortened(program: Program, result: SearchResult) -> SearchResult:
    """The result with every finding's path shortened, and then with few context switches.

    Paths with symbols stay as they are: their steps depend on what is known of the symbols.
    """
    if not result.findings or symbols_of(program).condition >= 0:
        return result
    model = PythonModel(program)
    findings = tuple(Shortener(program, model, finding).run() for finding in result.findings)
    stopped_at = result.depth == result.findings[0].depth
    depth = findings[0].depth if stopped_at else result.depth
    return evolve(result, findings=findings, depth=depth)


@frozen
class Progress:
    """A state on the way: how far each actor has come on its route, and who moved last."""

    state: Packed
    done: tuple[int, ...]
    last: int


@frozen
class Reached:
    """The least number of context switches to a Progress, and the Progress before it."""

    switches: int
    before: Progress | None


@frozen
class End:
    """The violation: over the step from ``before`` to ``state``, or in ``state``."""

    switches: int
    before: Progress
    state: Packed


Level = dict[Progress, Reached]


@define
class Shortener:
    """Shortens one finding. ``routes`` are the locations that each actor goes through."""

    program: Program
    model: PythonModel
    finding: Finding
    states: list[Packed] = field(init=False)
    actors: list[int] = field(init=False)
    routes: list[list[int]] = field(init=False)
    _test: Test | None = field(init=False, default=None)
    culprit: int = field(init=False, default=-1)

    def __attrs_post_init__(self) -> None:
        self.states = [self.model.layout.pack(state) for state in self.finding.path]
        self.actors = []
        self.routes = [[step.location] for step in self.model.current(self.states[0])]
        for before, after in pairwise(self.states):
            self.actors.append(self._mover(before, after))
            self.routes[self.actors[-1]].append(self._location(after, self.actors[-1]))
        match self.finding.kind:
            case FindingKind.PROPERTY:
                self._test = next(
                    watch.test
                    for watch in self.model.all_watches
                    if watch.subject == self.finding.index
                    and not watch.witness
                    and not watch.stutter
                )
            case FindingKind.FAULT:
                self.culprit = next(
                    actor
                    for actor, step in enumerate(self.model.current(self.states[-1]))
                    if self.finding.index in step.run(self.states[-1])
                )

    def run(self) -> Finding:
        """The finding on the best path that was found."""
        own = Progress(self.states[0], (0,) * len(self.routes), -1)
        if self._is_end(own.state, own.state):
            return self.finding
        levels: list[Level] = [{own: Reached(0, None)}]
        width = max(NARROWEST, STATES // len(self.states))
        for number, actor in enumerate(self.actors):
            following, ends = self._next_level(levels[-1])
            if ends:
                return self._found(min(ends, key=lambda end: end.switches), levels)
            own = self._moved(own, actor, self.states[number + 1])
            if len(following) > width:
                kept = sorted(following, key=lambda item: following[item].switches)[:width]
                following = {item: following[item] for item in (*kept, own)}
            levels.append(following)
        return self.finding

    def _next_level(self, level: Level) -> tuple[Level, list[End]]:
        """What is one step further, and what of it is an end."""
        following: Level = {}
        ends: list[End] = []
        for here, reached in level.items():
            for actor, there in self._steps(here):
                switches = reached.switches + (here.last not in (-1, actor))
                known = following.get(there)
                if known is None or switches < known.switches:
                    following[there] = Reached(switches, here)
                if self._is_end(here.state, there.state):
                    more = self.culprit not in (-1, actor)
                    ends.append(End(switches + more, here, there.state))
        return following, ends

    def _steps(self, here: Progress) -> Iterator[tuple[int, Progress]]:
        """Every step of an actor along its route."""
        for actor, step in enumerate(self.model.current(here.state)):
            route, done = self.routes[actor], here.done[actor] + 1
            if done == len(route):
                continue
            for outcome in step.run(here.state):
                if isinstance(outcome, int) or self._location(outcome, actor) != route[done]:
                    continue
                yield actor, self._moved(here, actor, outcome)

    def _moved(self, here: Progress, actor: int, state: Packed) -> Progress:
        done = here.done
        return Progress(state, (*done[:actor], done[actor] + 1, *done[actor + 1 :]), actor)

    def _mover(self, before: Packed, after: Packed) -> int:
        """The actor whose step leads from one state of the trace to the next."""
        steps = self.model.current(before)
        return next(actor for actor, step in enumerate(steps) if after in step.run(before))

    def _location(self, state: Packed, actor: int) -> int:
        return self.model.current(state)[actor].location

    def _is_end(self, before: Packed, state: Packed) -> bool:
        """Whether the finding shows in ``state``, or in the step to it."""
        match self.finding.kind:
            case FindingKind.PROPERTY:
                assert self._test is not None
                return bool(self._test(before, state))
            case FindingKind.FAULT:
                step = self.model.current(state)[self.culprit]
                return self.finding.index in step.run(state)
            case FindingKind.DEADLOCK:
                steps = self.model.current(state)
                return not any(step.run(state) for step in steps) and not self.model.over(state)
            case FindingKind.LOCK_ORDER:
                return self._is_observed(before, state)
            case _:
                assert_never(self.finding.kind)

    def _is_observed(self, before: Packed, state: Packed) -> bool:
        self.model.observed.clear()
        for step in self.model.current(before):
            step.run(before)
        return any(
            mask >> self.finding.index & 1 and after == state for mask, after in self.model.observed
        )

    def _found(self, end: End, levels: list[Level]) -> Finding:
        """The finding on the way to ``end``."""
        path, here = [end.state], end.before
        for level in reversed(levels):
            path.append(here.state)
            before = level[here].before
            if before is None:
                break
            here = before
        path.reverse()
        instance = self.finding.instance
        if self._test is not None:
            instance = self._test(path[-2], path[-1]) - 1
        flat = tuple(self.model.unpack(state) for state in path)
        return evolve(self.finding, path=flat, instance=instance)
