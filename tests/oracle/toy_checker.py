"""A toy explicit-state checker that shares no code with ksmcheck: what it counts, ksmcheck must.

A process is a generator function: given a state it yields one new state for each atomic step that
is enabled there. A state is any hashable value. The conventions are those of the tool: ``states``
are the distinct reachable ones, the initial one included; ``transitions`` counts every enabled
step of every distinct state, also those that lead to a known state; ``depth`` is the level of the
deepest state in a breadth-first search.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator
from dataclasses import dataclass
from typing import Generic, TypeVar

S = TypeVar("S", bound=Hashable)

Process = Callable[[S], Iterator[S]]


@dataclass(frozen=True)
class System(Generic[S]):
    """Who runs, from where, and what must be true.

    ``finished`` says whether a state in which nobody can move is the end of the run rather than a
    deadlock.
    """

    initial: S
    processes: tuple[Process[S], ...]
    invariant: Callable[[S], bool]
    finished: Callable[[S], bool]


@dataclass(frozen=True)
class Result:
    """What a full search found; the depths are those of the first (shallowest) bad states."""

    states: int
    transitions: int
    depth: int
    violation_depth: int | None
    deadlock_depth: int | None

    @property
    def verdict(self) -> str:
        """The verdict in the tool's words."""
        bad = self.violation_depth is not None or self.deadlock_depth is not None
        return "violated" if bad else "holds"

    @property
    def error_depth(self) -> int | None:
        """The length of the shortest counterexample, of whichever kind."""
        depths = [d for d in (self.violation_depth, self.deadlock_depth) if d is not None]
        return min(depths, default=None)


def search(system: System[S]) -> Result:
    """Visit every reachable state, breadth first, going on after violations."""
    level, depth = [system.initial], 0
    known = {system.initial}
    transitions = 0
    violation: int | None = None
    deadlock: int | None = None
    while True:
        following: list[S] = []
        for state in level:
            if violation is None and not system.invariant(state):
                violation = depth
            successors = [new for process in system.processes for new in process(state)]
            transitions += len(successors)
            if not successors and deadlock is None and not system.finished(state):
                deadlock = depth
            for new in successors:
                if new not in known:
                    known.add(new)
                    following.append(new)
        if not following:
            return Result(len(known), transitions, depth, violation, deadlock)
        level, depth = following, depth + 1


def bind(step: Callable[[S, int], Iterator[S]], count: int) -> tuple[Process[S], ...]:
    """``count`` processes that run ``step`` with their own number as second argument."""

    def process(me: int) -> Process[S]:
        return lambda state: step(state, me)

    return tuple(process(me) for me in range(count))
