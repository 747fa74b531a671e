"""The local states of an actor: where it stands, and the values of some of its own variables.

What an actor does next, and which objects it does it to, is mostly a matter of these. They are
numbered densely, location by location: ``first[l]`` and, in mixed radix, the values of the
variables that count there. Which ones do is chosen statically: those that mean something at the
location, references first, then small types, as long as there are not too many combinations.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Sequence, Set

from attrs import frozen

from ksmcheck.analysis.accesses import Sharing
from ksmcheck.analysis.sharing import sharing_of
from ksmcheck.ir.program import Actor, Program, VariableKind
from ksmcheck.ir.types import RefType, SymbolType

# Combinations of values at one location: a word for each of them is kept by each worker.
MOST = 1024

State = tuple[int, ...]
Values = tuple[tuple[int, int], ...]


@frozen
class Digit:
    """An own variable that counts: its cell in the flat state, its values, what one of them adds.

    ``size`` values from ``lo`` on.
    """

    variable: int
    cell: int
    lo: int
    size: int
    weight: int


@frozen
class LocalStates:
    """``first[a][l]`` is the first local state of actor a at location l, ``first[a][-1]`` the end.

    ``digits[a][l]`` are the variables that count there. ``locations[a]`` is the cell that says
    where the actor stands. Nothing counts where it is done.
    """

    locations: tuple[int, ...]
    first: tuple[tuple[int, ...], ...]
    digits: tuple[tuple[tuple[Digit, ...], ...], ...]

    def number(self, actor: int, state: State) -> int:
        """The actor's local state in a flat state."""
        at = state[self.locations[actor]]
        found = self.first[actor][at]
        for digit in self.digits[actor][at]:
            found += (state[digit.cell] - digit.lo) * digit.weight
        return found

    def numbers(self, state: State) -> tuple[int, ...]:
        """The local states of all actors in a flat state."""
        return tuple(self.number(actor, state) for actor in range(len(self.locations)))

    def location(self, actor: int, number: int) -> int:
        """Where the actor stands in this local state."""
        return bisect_right(self.first[actor], number) - 1

    def values(self, actor: int, number: int) -> Values:
        """(variable, value) for all that count in this local state."""
        at = self.location(actor, number)
        rest = number - self.first[actor][at]
        return tuple(
            (digit.variable, rest // digit.weight % digit.size + digit.lo)
            for digit in self.digits[actor][at]
        )

    def without(self, places: Set[tuple[int, int]]) -> LocalStates:
        """The same, but nothing counts at these places, each an actor and a location."""
        return _numbered(
            self.locations,
            [
                [() if (actor, at) in places else each for at, each in enumerate(digits)]
                for actor, digits in enumerate(self.digits)
            ],
        )

    def total(self, actor: int) -> int:
        """How many local states the actor may have, those where it is done among them."""
        return self.first[actor][-1]


def locations_alone(program: Program) -> LocalStates:
    """Local states that are locations: no variable counts anywhere."""
    return _numbered(_locations(program), [[()] * (actor.done + 1) for actor in program.actors])


def local_states(program: Program) -> LocalStates:
    """The local states that tables of stubborn sets are made for."""
    sharing, offsets = sharing_of(program), program.offsets()
    return _numbered(
        _locations(program),
        [
            [
                *(
                    tuple(_digits(program, offsets, _countable(program, actor, at, sharing)))
                    for at in range(actor.done)
                ),
                (),
            ]
            for actor in program.actors
        ],
    )


def _locations(program: Program) -> tuple[int, ...]:
    offsets = program.offsets()
    return tuple(offsets[actor.location] for actor in program.actors)


def _numbered(
    locations: tuple[int, ...], digits: Sequence[Sequence[tuple[Digit, ...]]]
) -> LocalStates:
    first = list[tuple[int, ...]]()
    for places in digits:
        starts = [0]
        for each in places:
            starts.append(starts[-1] + (each[-1].weight * each[-1].size if each else 1))
        first.append(tuple(starts))
    return LocalStates(locations, tuple(first), tuple(map(tuple, digits)))


def _countable(program: Program, actor: Actor, at: int, sharing: Sharing) -> list[int]:
    """The actor's own scalars that mean something at location ``at``, the most telling first."""
    found: list[tuple[bool, int, int]] = []
    for variable in {variable for variable, _ in actor.steps[at].live}:
        declared = program.variables[variable]
        kind = declared.type
        mine = declared.kind is VariableKind.LOCAL and variable in sharing.private
        if mine and not declared.dims and not isinstance(kind, SymbolType):
            found.append((not isinstance(kind, RefType), kind.hi - kind.lo + 1, variable))
    return [variable for _, _, variable in sorted(found)]


def _digits(program: Program, offsets: tuple[int, ...], variables: list[int]) -> Iterator[Digit]:
    weight = 1
    for variable in variables:
        kind = program.variables[variable].type
        size = kind.hi - kind.lo + 1
        if weight * size <= MOST:
            yield Digit(variable, offsets[variable], kind.lo, size, weight)
            weight *= size
