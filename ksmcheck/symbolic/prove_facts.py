"""Facts that strengthen an induction: guessed from states that a run reaches, kept when inductive.

What the sample never contradicts is a candidate: at a location of an actor, a cell has one of a few
values; the lock of the object that a local refers to is its own; two cells are equal. z3 then drops
or weakens what some step does not preserve, until all that is left is preserved together
(Houdini: Flanagan and Leino, 2001). So a fact is never believed because a sample shows it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import z3
from attrs import define, field

from ksmcheck.ir.program import Program, VariableKind
from ksmcheck.ir.types import IntType, LockType, RefType
from ksmcheck.symbolic.proof import State
from ksmcheck.symbolic.transition import Transition
from ksmcheck.symbolic.transition_bits import Number

MOST_VALUES = 6
MOST_FACTS = 20_000
FEW_PAIRS = 8_000


@define(eq=False)
class Values:
    """When its actor is at ``location``, ``cell`` holds one of ``known``, which are ``most``.

    With ``other``, the place and location of a second actor: when both are there.
    """

    place: int
    location: int
    cell: int
    known: set[int]
    most: int
    other: tuple[int, int] | None = None

    def weakened(self, state: State) -> bool:
        """Take in the value of a state that breaks it; False when nothing useful is left."""
        self.known.add(state[self.cell])
        return len(self.known) <= self.most

    def cells(self) -> frozenset[int]:
        """The cells it is about, beside its actor's location."""
        return frozenset({self.cell} if self.other is None else {self.cell, self.other[0]})

    def alike(self) -> tuple[object, ...]:
        """What facts of one actor share that the same steps of others break."""
        return (self.cell, frozenset(self.known), self.other)

    def holds(self, state: State) -> bool:
        """Whether the fact is true in a state."""
        elsewhere = self.other is not None and state[self.other[0]] != self.other[1]
        at = state[self.place] == self.location and not elsewhere
        return not at or state[self.cell] in self.known

    def formula(self, cells: Sequence[Number]) -> z3.BoolRef:
        """The fact as a formula."""
        cell = cells[self.cell].bits
        inside = [cell == z3.BitVecVal(value, cell.size()) for value in sorted(self.known)]
        at = is_value(cells[self.place], self.location)
        if self.other is not None:
            at = z3.And(at, is_value(cells[self.other[0]], self.other[1]))
        return z3.Implies(at, z3.Or(inside))


@define(eq=False)
class Owned:
    """When an actor is at ``location``, it owns the lock of the object that ``local`` refers to.

    ``locks`` are the cells of that lock, one for each object; ``owner`` is what they hold then.
    """

    place: int
    location: int
    local: int
    locks: range
    owner: int

    def weakened(self, state: State) -> bool:
        """An owned lock has no weaker form."""
        return False

    def cells(self) -> frozenset[int]:
        """The cells it is about, beside its actor's location."""
        return frozenset({self.local, *self.locks})

    def alike(self) -> tuple[object, ...]:
        """What facts of one actor share that the same steps of others break."""
        return (self.locks, self.owner)

    def holds(self, state: State) -> bool:
        """Whether the fact is true in a state."""
        reference = state[self.local]
        if state[self.place] != self.location or not 0 < reference <= len(self.locks):
            return True
        return state[self.locks[reference - 1]] == self.owner

    def formula(self, cells: Sequence[Number]) -> z3.BoolRef:
        """The fact as a formula."""
        refers = [
            z3.Implies(is_value(cells[self.local], number), is_value(cells[lock], self.owner))
            for number, lock in enumerate(self.locks, 1)
        ]
        return z3.Implies(is_value(cells[self.place], self.location), z3.And(refers))


@define(eq=False)
class Equal:
    """When an actor is at ``location``, two cells hold the same."""

    place: int
    location: int
    first: int
    second: int

    def weakened(self, state: State) -> bool:
        """An equality has no weaker form."""
        return False

    def cells(self) -> frozenset[int]:
        """The cells it is about, beside its actor's location."""
        return frozenset({self.first, self.second})

    def alike(self) -> tuple[object, ...]:
        """What facts of one actor share that the same steps of others break."""
        return (self.first, self.second)

    def holds(self, state: State) -> bool:
        """Whether the fact is true in a state."""
        return state[self.place] != self.location or state[self.first] == state[self.second]

    def formula(self, cells: Sequence[Number]) -> z3.BoolRef:
        """The fact as a formula."""
        first, second = cells[self.first], cells[self.second]
        low, high = min(first.low, second.low), max(first.high, second.high)
        same = first.within(low, high) == second.within(low, high)
        return z3.Implies(is_value(cells[self.place], self.location), same)


Fact = Values | Owned | Equal


def is_value(cell: Number, value: int) -> z3.BoolRef:
    """That a cell holds a value; false when it cannot."""
    if not cell.low <= value <= cell.high:
        return z3.BoolVal(False)
    return cell.bits == z3.BitVecVal(value, cell.bits.size())


@define
class Guesser:
    """Makes the candidates for a program from a sample of reachable states."""

    transition: Transition
    sample: Sequence[State]
    at: dict[tuple[int, int], list[State]] = field(factory=dict)
    places: frozenset[int] = field(init=False)

    @places.default
    def _find_places(self) -> frozenset[int]:
        program, offsets = self.transition.program, self.transition.offsets
        return frozenset(offsets[actor.location] for actor in program.actors)

    def facts(self, pairs: bool) -> list[Fact]:
        """The candidates, those about two actors only if ``pairs``; the most useful come first."""
        program = self.transition.program
        for state in self.sample:
            for number, actor in enumerate(program.actors):
                location = state[self.transition.offsets[actor.location]]
                self.at.setdefault((number, location), []).append(state)
        found: list[Fact] = []
        guesses = [self._own, self._locks, self._equal, self._others, self._shared]
        for guess in [*guesses, self._pairs] if pairs else guesses:
            fresh = [fact for number in range(len(program.actors)) for fact in guess(number)]
            if len(found) + len(fresh) > MOST_FACTS:
                break
            found += fresh
        return found

    def _places(self, actor: int) -> Iterator[tuple[int, int, list[State]]]:
        owner = self.transition.program.actors[actor]
        place = self.transition.offsets[owner.location]
        for location in range(owner.done + 1):
            yield place, location, self.at.get((actor, location), [])

    def _cells(self, actor: int, own: bool) -> list[int]:
        """The cells that are about the actor: its locals and all locks; or all the others."""
        found: list[int] = []
        for variable, start in zip(
            self.transition.program.variables, self.transition.offsets, strict=True
        ):
            mine = variable.actor == actor or isinstance(variable.type, LockType)
            if mine is own and variable.kind is not VariableKind.LOCATION:
                found += range(start, start + variable.cells)
        return found

    def _values(self, actor: int, cells: list[int]) -> Iterator[Fact]:
        for place, location, states in self._places(actor):
            if not states:
                # nobody was seen here: perhaps nobody can be
                yield Values(place, location, place, set(), 0)
                continue
            for cell in cells:
                low, high = self.transition.ranges[cell]
                known = {state[cell] for state in states}
                most = high - low if cell in self.places else min(MOST_VALUES, high - low)
                if len(known) <= most:
                    yield Values(place, location, cell, known, most)

    def _own(self, actor: int) -> Iterator[Fact]:
        yield from self._values(actor, self._cells(actor, own=True))

    def _others(self, actor: int) -> Iterator[Fact]:
        """Where the other actors can be meanwhile."""
        own = self.transition.offsets[self.transition.program.actors[actor].location]
        yield from self._values(actor, sorted(self.places - {own}))

    def _shared(self, actor: int) -> Iterator[Fact]:
        yield from self._values(actor, self._cells(actor, own=False))

    def _pairs(self, actor: int) -> Iterator[Fact]:
        """What holds while two actors are where they are; for small programs only."""
        transition = self.transition
        program, offsets = transition.program, transition.offsets
        sizes = [owner.done + 1 for owner in program.actors]
        if sum(sizes) ** 2 * len(transition.now) > FEW_PAIRS:
            return
        cells = [cell for cell in range(len(transition.now)) if cell not in self.places]
        for place, location, states in self._places(actor):
            for number in range(actor + 1, len(sizes)):
                second = offsets[program.actors[number].location]
                for other in range(sizes[number]):
                    both = [state for state in states if state[second] == other]
                    for cell in cells if both else ():
                        low, high = transition.ranges[cell]
                        known = {state[cell] for state in both}
                        if len(known) <= high - low:
                            where = (second, other)
                            yield Values(place, location, cell, known, high - low, where)

    def _locks(self, actor: int) -> Iterator[Fact]:
        program, offsets = self.transition.program, self.transition.offsets
        for lock, struct in _object_locks(program):
            cells = range(offsets[lock], offsets[lock] + program.variables[lock].cells)
            for number, variable in enumerate(program.variables):
                kind = variable.type
                if variable.actor != actor or not isinstance(kind, RefType):
                    continue
                if kind.struct != struct:
                    continue
                for place, location, states in self._places(actor):
                    fact = Owned(place, location, offsets[number], cells, actor + 1)
                    if any(state[offsets[number]] for state in states) and all(
                        map(fact.holds, states)
                    ):
                        yield fact

    def _equal(self, actor: int) -> Iterator[Fact]:
        program, offsets = self.transition.program, self.transition.offsets
        mine = [
            offsets[number]
            for number, variable in enumerate(program.variables)
            if variable.actor == actor
            and isinstance(variable.type, (IntType, RefType))
            and variable.kind is VariableKind.LOCAL
        ]
        for place, location, states in self._places(actor):
            for first in mine if states else ():
                for second in self._cells(actor, own=False) + [m for m in mine if m > first]:
                    fact = Equal(place, location, first, second)
                    if all(map(fact.holds, states)):
                        yield fact


def _object_locks(program: Program) -> Iterator[tuple[int, str]]:
    for number, variable in enumerate(program.variables):
        struct, dot, _ = variable.name.partition(".")
        if isinstance(variable.type, LockType) and dot and len(variable.dims) == 1:
            yield number, struct
