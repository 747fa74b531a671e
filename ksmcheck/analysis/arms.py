"""Which arms of its steps a program ever enters, as far as a search has seen.

The arms of a step are the sides of each Branch and When, numbered from 1 in the order of the text;
0 stands for the step itself: an actor has stood before it. They are noted for each local state (see
local_states.py) in which the actor stood before the step. What no run enters, no run does: tables
of stubborn sets that leave such arms out are smaller, and right as long as nobody enters another
one. A search sees every arm that is entered, so it knows at its end whether they were right:
docs/soundness.md, "Arms that are never entered".
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import assert_never

from attrs import evolve, frozen

from ksmcheck.analysis.local_states import LocalStates, locations_alone
from ksmcheck.ir.program import Program
from ksmcheck.ir.step import Block, Branch, Choose, Goto, Operation, When

# Arms with higher numbers count as entered: an actor's place and its arms are bits of one word.
LAST = 63
EVERY = (1 << LAST + 1) - 1


def arms_of(block: Block) -> int:
    """How many arms ``block`` has."""
    total = arms_in(block.operations)
    match block.end:
        case Goto():
            return total
        case Branch(_, then, orelse):
            return total + 2 + arms_of(then) + arms_of(orelse)
        case Choose(_, arms):
            return total + sum(map(arms_of, arms))
        case _:
            assert_never(block.end)


def arms_in(operations: tuple[Operation, ...]) -> int:
    """How many arms the operations have."""
    return sum(
        2 + arms_in(item.then) + arms_in(item.orelse)
        for item in operations
        if isinstance(item, When)
    )


@frozen
class Entered:
    """``arms[a][n]``: the arms that actor a entered in its local state n, as bits.

    A local state in which nobody stood is not in it.
    """

    states: LocalStates
    arms: tuple[Mapping[int, int], ...]

    @classmethod
    def nothing(cls, states: LocalStates) -> Entered:
        """Nobody has stood anywhere."""
        return cls(states, tuple({} for _ in states.first))

    @classmethod
    def everything(cls, program: Program) -> Entered:
        """Anybody may be anywhere and do anything. Only locations tell its local states apart."""
        return cls(
            locations_alone(program),
            tuple(dict.fromkeys(range(actor.done), EVERY) for actor in program.actors),
        )

    def __or__(self, other: Entered) -> Entered:
        assert self.states == other.states
        return evolve(
            self,
            arms=tuple(
                {n: one.get(n, 0) | two.get(n, 0) for n in {*one, *two}}
                for one, two in zip(self.arms, other.arms, strict=True)
            ),
        )
