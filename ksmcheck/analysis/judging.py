"""Judges what steps do to goals: by direction, and then what is certain takes goals away.

What a step surely leaves alone is found with the limits of cells (limits.py). Tables are made again
and again for one program, each for a little more that is entered; as long as the limits stay what
they were a judge goes on, and what it was asked before it knows.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import reduce
from operator import or_

from attrs import define, field

from ksmcheck.analysis.accesses import Hold, Summary
from ksmcheck.analysis.certain import Certain
from ksmcheck.analysis.conflicts import bits
from ksmcheck.analysis.harmless import Harmless, Moment, Turns
from ksmcheck.analysis.implied import Implied
from ksmcheck.analysis.limits import limits
from ksmcheck.analysis.making_nodes import Nodes
from ksmcheck.analysis.nodes import Range
from ksmcheck.analysis.visibility import Goal, Moves, Visible, goals, looks_of, movements
from ksmcheck.ir.program import Program, PropertyKind


@define(eq=False)
class Judge:
    """Says of steps what they may do to the goals ``wanted``.

    What nobody asks for is not looked at: what a finite actor does to goals at the end, because it
    is never at its end before a step, and what heals a goal over states that nobody else breaks.
    """

    program: Program
    wanted: tuple[Goal, ...]
    moves: Moves
    harmless: Harmless
    # By actor, goals and turns, which are one object where a step is the same at many points.
    _broken: dict[tuple[int, int, Turns], int] = field(factory=dict)
    _healed: dict[tuple[int, int, int, Turns], int] = field(factory=dict)

    def seen(
        self,
        steps: tuple[tuple[Summary, ...], ...],
        holds: tuple[tuple[frozenset[Hold], ...], ...],
    ) -> tuple[tuple[Visible, ...], ...]:
        """For each actor and point what its step may do to the goals.

        ``holds`` is what is certainly held at each point.
        """
        likely = self._by_direction(steps)
        turns = [
            [
                self.harmless.turns(Moment(actor, step.location, step, holds))
                for step, holds in zip(each, mine, strict=True)
            ]
            for actor, (each, mine) in enumerate(zip(steps, holds, strict=True))
        ]
        broken = [
            [self._breaks(actor, item.breaks, own) for item, own in zip(seen, mine, strict=True)]
            for actor, (seen, mine) in enumerate(zip(likely, turns, strict=True))
        ]
        by = [reduce(or_, each, 0) for each in broken]
        found: list[tuple[Visible, ...]] = []
        for actor, seen in enumerate(likely):
            others = reduce(or_, (own for other, own in enumerate(by) if other != actor), 0)
            found.append(
                tuple(
                    Visible(self._heals(actor, item.heals, others, own), breaks, item.spoils)
                    for item, own, breaks in zip(seen, turns[actor], broken[actor], strict=True)
                )
            )
        self.harmless.implied.keep_answers()
        return tuple(found)

    def _by_direction(
        self, steps: tuple[tuple[Summary, ...], ...]
    ) -> tuple[tuple[Visible, ...], ...]:
        """For each actor and point what its step may do, by direction only."""
        offsets, found = self.program.offsets(), list[tuple[Visible, ...]]()
        for actor, summary in enumerate(steps):
            known: dict[tuple[object, ...], Visible] = {}  # many points are the same to their step
            for step in summary:
                key = step.location, step.effect, step.exits
                if key not in known:
                    place = actor, step.location
                    known[key] = self.moves.of(movements(self.program, offsets, place, step))
            found.append(tuple(known[step.location, step.effect, step.exits] for step in summary))
        return tuple(found)

    def _breaks(self, actor: int, broken: int, turns: Turns) -> int:
        key = actor, broken, turns
        if key not in self._broken:
            self._broken[key] = self._left_broken(*key)
        return self._broken[key]

    def _left_broken(self, actor: int, broken: int, turns: Turns) -> int:
        for number, goal in self._of(actor, broken):
            over_steps = goal.kind is PropertyKind.STEP
            if self.harmless.breaks_not(turns, goal.predicate, over_steps):
                broken ^= 1 << number
        return broken

    def _heals(self, actor: int, healed: int, others: int, turns: Turns) -> int:
        key = actor, healed, others, turns
        if key not in self._healed:
            self._healed[key] = self._left_healed(*key)
        return self._healed[key]

    def _left_healed(self, actor: int, healed: int, others: int, turns: Turns) -> int:
        for number, goal in self._of(actor, healed):
            kind, by_others = goal.kind, others >> number & 1
            matters = kind is PropertyKind.END or (kind is PropertyKind.STATE and by_others)
            if matters and self.harmless.heals_not(turns, goal.predicate):
                healed ^= 1 << number
        return healed

    def _of(self, actor: int, asked: int) -> Iterator[tuple[int, Goal]]:
        """The goals among ``asked``, as bits, of which it matters what this actor does."""
        for number in bits(asked):
            goal = self.wanted[number]
            if goal.kind is not PropertyKind.END or self.program.actors[actor].daemon:
                yield number, goal


@define(eq=False)
class Judges:
    """Makes the judges of a program's goals."""

    program: Program
    wanted: tuple[Goal, ...] = field(init=False)
    _nodes: Nodes = field(init=False)
    _last: tuple[tuple[Range, ...], Judge] | None = field(init=False, default=None)

    def __attrs_post_init__(self) -> None:
        self.wanted = goals(self.program)
        self._nodes = Nodes(self.program)

    def of(self, steps: tuple[tuple[Summary, ...], ...]) -> Judge:
        """One for runs of these steps, and for whatever else leads to the same limits."""
        found = limits(self._nodes, steps)
        if self._last is None or self._last[0] != found:
            self._last = found, self._judge(found)
        return self._last[1]

    def _judge(self, found: tuple[Range, ...]) -> Judge:
        certain = Certain(self._nodes, found)
        implied = Implied(certain)
        moves = looks_of(self.program, self.wanted, implied)
        seen = (self._nodes.of(goal.predicate).cells for goal in self.wanted)
        harmless = Harmless(certain, implied, reduce(or_, seen, 0))
        return Judge(self.program, self.wanted, moves, harmless)
