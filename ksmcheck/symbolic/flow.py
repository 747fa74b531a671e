"""The ways of a program by what they read, store and lead to; every actor's graph of locations."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

import z3
from attrs import define, field, frozen

from ksmcheck.ir.program import VariableKind
from ksmcheck.ir.types import LockType
from ksmcheck.symbolic.formulas import support
from ksmcheck.symbolic.sample import Anchor
from ksmcheck.symbolic.transition import Transition

# How unlikely it is that a fact about such a cell is what a proof needs.
LOCAL, LOCK, SHARED, GHOST, ELSEWHERE = 1.0, 1.2, 2.0, 3.0, 3.0


@frozen(eq=False)
class Move:
    """A way: from an anchor to an anchor, with what it stores there (its location too).

    ``constants`` are the stores whose value does not depend on the state, ``reads`` the cells that
    the guard is about, ``inputs`` those that a store reads.
    """

    number: int
    here: Anchor
    there: Anchor
    guard: z3.BoolRef
    stores: dict[int, z3.BitVecRef]
    constants: dict[int, int]
    reads: frozenset[int]
    inputs: dict[int, frozenset[int]]


@define
class Flow:
    """The moves of a program: ``out`` and ``into`` by anchor, ``storing`` by cell."""

    transition: Transition
    places: tuple[int, ...] = field(init=False)
    owner: dict[int, int] = field(factory=dict)
    cost: dict[int, float] = field(factory=dict)
    cell_of: dict[int, int] = field(factory=dict)
    moves: list[Move] = field(factory=list)
    out: dict[Anchor, list[Move]] = field(factory=lambda: defaultdict(list))
    into: dict[Anchor, list[Move]] = field(factory=lambda: defaultdict(list))
    storing: dict[int, list[Move]] = field(factory=lambda: defaultdict(list))

    def __attrs_post_init__(self) -> None:
        transition = self.transition
        program = transition.program
        self.places = tuple(transition.offsets[actor.location] for actor in program.actors)
        for variable, start in zip(program.variables, transition.offsets, strict=True):
            for cell in range(start, start + variable.cells):
                if variable.actor is not None:
                    self.owner[cell] = self.places[variable.actor]
                    self.cost[cell] = LOCAL
                elif isinstance(variable.type, LockType):
                    self.cost[cell] = LOCK
                else:
                    self.cost[cell] = GHOST if variable.kind is VariableKind.GHOST else SHARED
        self.cell_of = {number.bits.get_id(): cell for cell, number in enumerate(transition.now)}
        for number in range(len(transition.ways)):
            self._add(number)

    def _add(self, number: int) -> None:
        way = self.transition.ways[number]
        place = self.places[way.actor]
        stores = {cell: z3.simplify(bits) for cell, bits in way.stores}
        constants = {
            cell: bits.as_signed_long() for cell, bits in stores.items() if z3.is_bv_value(bits)
        }
        move = Move(
            number,
            (place, way.location),
            (place, way.target),
            way.guard,
            stores,
            constants,
            support([way.guard], self.cell_of),
            {cell: support([bits], self.cell_of) for cell, bits in stores.items()},
        )
        self.moves.append(move)
        self.out[move.here].append(move)
        self.into[move.there].append(move)
        for cell in stores:
            self.storing[cell].append(move)

    def touching(self, key: tuple[Anchor | None, tuple[int, ...]]) -> Iterator[Move]:
        """The moves that could break what is said at an anchor about cells."""
        anchor, cells = key
        if anchor is not None:
            yield from self.into[anchor]
        for cell in cells:
            for move in self.storing[cell]:
                if anchor is None or move.here[0] != anchor[0]:
                    yield move

    def price(self, cell: int, involved: tuple[int, ...]) -> float:
        """How reluctantly a fact is guessed about the cell; ``involved`` are the actors' places."""
        if cell in self.places:
            return 0.5 if cell in involved[:1] else 0.7 if cell in involved else ELSEWHERE
        if cell in self.owner and self.owner[cell] not in involved:
            return ELSEWHERE
        return self.cost[cell]
