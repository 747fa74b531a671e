"""Reachable states by the hundred: what a proof looks at to guess what all of them have in common.

A state is found from another one, so there is a run to each. Nothing that a proof says rests on the
sample: it only decides what z3 is asked.
"""

from __future__ import annotations

import random
import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from itertools import islice
from operator import itemgetter
from typing import TypeAlias

from attrs import define, field

from ksmcheck.symbolic.proof import State

Anchor: TypeAlias = tuple[int, int]

WALKS = 60
LONGEST_WALK = 600


@define
class Sample:
    """States that runs reach; ``after`` gives what a state leads to.

    ``breadth`` many of them were found breadth first, so the runs to these are shortest ones.
    ``places`` are the cells of the actors' locations; an Anchor is one of them and a location.
    """

    after: Callable[[State], Sequence[State]]
    places: tuple[int, ...]
    parents: dict[State, State | None] = field(factory=dict)
    states: list[State] = field(factory=list)
    breadth: int = 0
    there: dict[Anchor, list[State]] = field(factory=lambda: defaultdict(list))
    masks: dict[int, dict[int, int]] = field(factory=dict)
    chance: random.Random = field(factory=lambda: random.Random(1))

    @classmethod
    def of(
        cls,
        initial: Sequence[State],
        after: Callable[[State], Sequence[State]],
        places: tuple[int, ...],
        most: int,
        seconds: float,
    ) -> Sample:
        """``most`` states breadth first, but no longer than ``seconds``; then random walks."""
        sample, started = cls(after, places), time.monotonic()
        sample.parents.update(dict.fromkeys(initial))
        work = list(initial)
        for state in work:
            if len(work) >= most or time.monotonic() - started > seconds:
                break
            for following in after(state):
                if following not in sample.parents:
                    sample.parents[following] = state
                    work.append(following)
        else:
            sample.take_in()
            sample.breadth = len(sample.states)
            return sample
        sample.take_in()
        sample.breadth = len(sample.states)
        for _ in range(WALKS):
            if time.monotonic() - started > 2 * seconds:
                break
            sample.walk(sample.chance.choice(initial), LONGEST_WALK)
        sample.take_in()
        return sample

    def walk(self, state: State, steps: int) -> None:
        """Walk on at random from a state of the sample."""
        for _ in range(steps):
            following = self.after(state)
            if not following:
                return
            chosen = self.chance.choice(following)
            self.parents.setdefault(chosen, state)
            state = chosen

    def take_in(self) -> list[State]:
        """Count the states in that were found since the last time; gives them."""
        fresh = list(islice(self.parents, len(self.states), None))
        self.states += fresh
        for state in fresh:
            for place in self.places:
                self.there[place, state[place]].append(state)
        self.masks.clear()
        return fresh

    def path(self, state: State) -> tuple[State, ...]:
        """A run from an initial state to a state of the sample."""
        found, here = [state], self.parents[state]
        while here is not None:
            found.append(here)
            here = self.parents[here]
        return tuple(reversed(found))

    def seen(self, anchor: Anchor | None, cells: tuple[int, ...]) -> set[tuple[int, ...]]:
        """What the cells hold in states of the sample, those at the anchor if there is one."""
        states = self.states if anchor is None else self.there.get(anchor, [])
        return set(map(projection(cells), states))

    def visited(self, anchor: Anchor) -> bool:
        """Whether the actor was seen there."""
        return bool(self.there.get(anchor))

    def mask(self, cell: int, value: int) -> int:
        """Bit i is set when the cell holds the value in state i of the sample."""
        known = self.masks.get(cell)
        if known is None:
            known = self.masks[cell] = self._masks(cell)
        return known.get(value, 0)

    def everything(self) -> int:
        """The mask of all states."""
        return (1 << len(self.states)) - 1

    def _masks(self, cell: int) -> dict[int, int]:
        column = [state[cell] for state in reversed(self.states)]
        return {
            value: int("".join(["1" if item == value else "0" for item in column]), 2)
            for value in set(column)
        }


def projection(cells: tuple[int, ...]) -> Callable[[State], tuple[int, ...]]:
    """What a state says about some cells."""
    match cells:
        case ():
            return lambda state: ()
        case (cell,):
            return lambda state: (state[cell],)
        case _:
            return itemgetter(*cells)
