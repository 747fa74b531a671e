"""One value for each symbol of a run: what z3 chose, and an oracle that knows nothing else.

A run that was found with symbols is run once more with these values, without z3. If it goes the
same way to the same end, it is a run of the kernel; otherwise it is not reported as one.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import assert_never

from attrs import Factory, define, evolve, frozen

from ksmcheck.analysis.symbols import Answers, Asked, Effort, Symbols
from ksmcheck.diagnostics import InternalError
from ksmcheck.ir.symbols import (
    Apply,
    Compare,
    Domain,
    Fresh,
    Function,
    Number,
    Question,
    Sum,
)


@frozen
class Stretch:
    """A step of a run: what it asked, and the symbols of its cells before and after settling."""

    asked: tuple[Asked, ...]
    named: tuple[int, ...] = ()
    settled: tuple[int, ...] = ()


@frozen
class Values:
    """``fresh[i]`` is the value of the i-th unknown that the run makes, ``zeros`` the fixed element
    of each domain; values of an order are numbered from below, those without one arbitrarily."""

    fresh: tuple[tuple[Domain, int], ...]
    functions: Mapping[tuple[Function, int], int]
    zeros: Mapping[Domain, int]


@frozen
class _World:
    """``made`` unknowns so far; ``values[domain][i]`` is the value of symbol i."""

    made: int
    values: tuple[tuple[int, ...], ...]


@define(eq=False)
class Concrete:
    """An Oracle that answers by ``values``: every question has one answer."""

    symbols: Symbols
    values: Values
    _worlds: list[_World] = Factory(list)
    _numbers: dict[_World, int] = Factory(dict)

    def __attrs_post_init__(self) -> None:
        zeros = tuple((self.values.zeros[domain],) for domain in self.symbols.known)
        self._number(_World(0, zeros))

    @property
    def effort(self) -> Effort:
        """See Oracle: nothing is asked of z3."""
        return Effort(len(self._worlds), 0, 0, 0.0, 0)

    def answers(self, condition: int, question: Question, operands: tuple[int, ...]) -> Answers:
        """See Oracle."""
        world = self._worlds[condition]
        match question:
            case Fresh(domain):
                made = world.made
                known = made < len(self.values.fresh)
                value = self.values.fresh[made][1] if known else self.values.zeros[domain]
                return self._added(evolve(world, made=made + 1), domain, value)
            case Compare(domain):
                left, right = (self._value(world, domain, item) for item in operands)
                if domain.kind.ordered:
                    return (((left > right) - (left < right), condition),)
                return ((int(left != right), condition),)
            case Apply(function):
                value = self._value(world, function.argument, operands[0])
                result = self.values.functions.get((function, value))
                if result is None:
                    result = self.values.zeros[function.result]
                return self._added(world, function.result, result)
            case Number(domain, value):
                return self._added(world, domain, value)
            case Sum(domain, negative):
                left, right = (self._value(world, domain, item) for item in operands)
                return self._added(world, domain, left - right if negative else left + right)
            case _:
                assert_never(question)

    def _value(self, world: _World, domain: Domain, symbol: int) -> int:
        return world.values[self.symbols.known.index(domain)][symbol]

    def _added(self, world: _World, domain: Domain, value: int) -> Answers:
        place = self.symbols.known.index(domain)
        values = list(world.values)
        values[place] = (*values[place], value)
        return ((len(values[place]) - 1, self._number(evolve(world, values=tuple(values)))),)

    def settle(self, condition: int, symbols: tuple[int, ...]) -> tuple[int, tuple[int, ...]]:
        """See Oracle; here equal values are one symbol."""
        world = self._worlds[condition]
        living = {domain: [self.values.zeros[domain]] for domain in self.symbols.known}
        settled = []
        for domain, symbol in zip(self.symbols.domains, symbols, strict=True):
            value = self._value(world, domain, symbol)
            if value not in living[domain]:
                living[domain].append(value)
            settled.append(living[domain].index(value))
        kept = tuple(tuple(living[domain]) for domain in self.symbols.known)
        return self._number(_World(world.made, kept)), tuple(settled)

    def settle_domain(
        self, condition: int, place: int, order: tuple[int, ...]
    ) -> tuple[int, tuple[int, ...]]:
        """See Oracle; only a search with the native engine asks, and none has values."""
        raise InternalError("a native search asks for values that are already chosen")

    def content(self, condition: int) -> tuple[int, ...]:
        """See Oracle; only a search asks."""
        raise InternalError("a search asks for values that are already chosen")

    def _number(self, world: _World) -> int:
        if world not in self._numbers:
            self._numbers[world] = len(self._worlds)
            self._worlds.append(world)
        return self._numbers[world]
