"""Which arms of its steps a program ever enters, as far as a search has seen.

The arms of a step are the sides of each Branch and When, numbered from 1 in the order of the text;
0 stands for the step itself: an actor has stood before it. What no run enters, no run does: tables
of stubborn sets that leave such arms out are smaller, and right as long as nobody enters another
one. A search sees every arm that is entered, so it knows at its end whether they were right:
docs/soundness.md, "Arms that are never entered".
"""

from __future__ import annotations

from typing import assert_never

from attrs import frozen

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
    """``steps[a][l]``: the arms of actor a's step at location l that were entered, as bits."""

    steps: tuple[tuple[int, ...], ...]

    @classmethod
    def nothing(cls, program: Program) -> Entered:
        """Nobody has stood anywhere."""
        return cls(tuple((0,) * len(actor.steps) for actor in program.actors))

    @classmethod
    def everything(cls, program: Program) -> Entered:
        """Anybody may be anywhere and do anything."""
        return cls(tuple((EVERY,) * len(actor.steps) for actor in program.actors))

    def stood(self, actor: int, location: int) -> bool:
        """Has the actor been at this location, or is it where it is done?"""
        return location == len(self.steps[actor]) or bool(self.steps[actor][location])

    def __or__(self, other: Entered) -> Entered:
        pairs = zip(self.steps, other.steps, strict=True)
        return Entered(
            tuple(tuple(a | b for a, b in zip(one, two, strict=True)) for one, two in pairs)
        )

    def whole_steps(self, swaps: tuple[tuple[tuple[int, int], ...], ...]) -> Entered:
        """What a renaming of objects, and of actors as in ``swaps``, maps to itself, and more.

        A renaming may exchange the arms of a step, but leaves it where it is in its actor.
        """
        steps = [[EVERY if item else 0 for item in actor] for actor in self.steps]
        before: list[list[int]] = []
        while before != steps:
            before = [list(actor) for actor in steps]
            for swap in swaps:
                for actor, image in swap:
                    both = [a | b for a, b in zip(steps[actor], steps[image], strict=True)]
                    steps[actor], steps[image] = both, list(both)
        return Entered(tuple(map(tuple, steps)))
