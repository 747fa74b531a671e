"""The plainest search there is over the evaluator: what a model means, with nothing in between.

Every state is a tuple, every known state is in one dict with its predecessor. Engines and the
explorer are tested against this; it is tested against the toy checker.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field

from ksmcheck.backends.evaluator import Evaluator, Outcome
from ksmcheck.explore.oracles import oracle_for
from ksmcheck.ir.program import BuiltinCheck, Program, Property, PropertyKind

State = tuple[int, ...]


@dataclass(frozen=True)
class Bad:
    """The first bad thing of its name: how many steps lead to it, and from which state the last."""

    name: str
    depth: int
    path: tuple[State, ...]
    last: Outcome | None


@dataclass
class Space:
    """The whole reachable space of one program. ``bad`` maps codes and property names."""

    program: Program
    evaluator: Evaluator
    parents: dict[State, tuple[State, Outcome] | None] = field(default_factory=dict)
    levels: dict[State, int] = field(default_factory=dict)
    finals: set[State] = field(default_factory=set)
    transitions: int = 0
    bad: dict[str, Bad] = field(default_factory=dict)
    flags: set[int] = field(default_factory=set)

    @property
    def depth(self) -> int:
        return max(self.levels.values())

    @property
    def shortest(self) -> Bad | None:
        """The shallowest of the bad things, None when there is none."""
        return min(self.bad.values(), key=lambda item: item.depth, default=None)

    def path(self, state: State) -> tuple[State, ...]:
        """The states from an initial one to ``state``, both included."""
        states = [state]
        while (link := self.parents[states[-1]]) is not None:
            states.append(link[0])
        return tuple(reversed(states))

    def note_order(self, state: State, outcome: Outcome) -> None:
        """Remember in which order locks were taken; a class that comes before itself is bad."""
        for flag in outcome.flags - self.flags:
            self.flags.add(flag)
            edge = self.program.edges[flag]
            after, following = {edge.after}, True
            while following:
                more = {
                    e.after
                    for e in map(self.program.edges.__getitem__, self.flags)
                    if e.before in after
                } - after
                after |= more
                following = bool(more)
            if edge.before in after:
                self.report("KSM841", state, outcome)

    def report(self, name: str, state: State, last: Outcome | None) -> None:
        """Remember ``name`` if it is the first of its name."""
        if name not in self.bad:
            depth = self.levels[state] + (last is not None)
            self.bad[name] = Bad(name, depth, self.path(state), last)


class TooManyStates(Exception):  # noqa: N818, not an error
    """The space is larger than the test wants."""


def search(program: Program, evaluator: Evaluator | None = None, most: int | None = None) -> Space:
    """Explore everything breadth first, going on after violations."""
    space = Space(program, evaluator or Evaluator(program, oracle_for(program)))
    offsets = program.offsets()
    queue: deque[State] = deque()
    for state in space.evaluator.initial():
        _reach(space, queue, state, None)
    while queue:
        state = queue.popleft()
        if most is not None and len(space.levels) > most:
            raise TooManyStates
        outcomes = list(space.evaluator.successors(state))
        space.transitions += len(outcomes)
        if program.over(state, offsets):
            space.finals.add(state)
            _check(space, PropertyKind.END, state, None)
        elif not outcomes and BuiltinCheck.DEADLOCK not in program.disabled:
            space.report("KSM842", state, None)
        for outcome in outcomes:
            _follow(space, queue, state, outcome)
    return space


def _follow(space: Space, queue: deque[State], state: State, outcome: Outcome) -> None:
    if BuiltinCheck.LOCK_ORDER not in space.program.disabled:
        space.note_order(state, outcome)
    if outcome.fault is not None:
        fault = space.program.faults[outcome.fault]
        if fault.check not in space.program.disabled:
            space.report(fault.code, state, outcome)
        return
    assert outcome.state is not None
    _check(space, PropertyKind.STEP, state, outcome)
    if outcome.state not in space.parents:
        _reach(space, queue, outcome.state, (state, outcome))


def _reach(
    space: Space, queue: deque[State], state: State, link: tuple[State, Outcome] | None
) -> None:
    space.parents[state] = link
    space.levels[state] = 0 if link is None else space.levels[link[0]] + 1
    queue.append(state)
    _check(space, PropertyKind.STATE, state, None)


def _check(space: Space, kind: PropertyKind, state: State, outcome: Outcome | None) -> None:
    for prop in space.program.properties:
        if prop.kind is kind and not holds(space.evaluator, prop, state, outcome):
            space.report(prop.code or prop.name, state, outcome)


def holds(evaluator: Evaluator, prop: Property, state: State, outcome: Outcome | None) -> bool:
    """Is every instance of ``prop`` true in ``state`` (or over the step from it)?"""
    new, old = state, None
    if outcome is not None and outcome.state is not None:
        new, old = outcome.state, state
    return all(evaluator.value(each.predicate, new, old) for each in prop.instances)
