"""What is known of the symbols of a state, as data.

NOTE(conditions). The *terms* of a condition are, in each domain, the fixed element 0, the symbols
1 to n, the functions applied to these, and, in a domain of integers, the constants of the program
and the sums of two symbols. A condition says of each pair of terms of one domain which of less,
equal and greater are possible, each by itself. So two conditions are the same knowledge exactly
when they are the same data, and what a comparison can answer is read off without a solver.
"""

from __future__ import annotations

from collections.abc import Iterator
from enum import IntFlag
from itertools import combinations

from attrs import Factory, define, field, frozen

from ksmcheck.analysis.symbols import Symbols
from ksmcheck.ir.symbols import Domain, DomainKind, Function


class Relation(IntFlag):
    """How the left term may compare to the right one."""

    LESS = 1
    EQUAL = 2
    GREATER = 4
    DIFFERENT = 5
    ANY = 7

    def mirrored(self) -> Relation:
        """The same, seen from the right."""
        low, high = self & Relation.LESS, self & Relation.GREATER
        return (self & Relation.EQUAL) | Relation(low * 4) | Relation(high // 4)


@frozen
class Symbol:
    """Symbol ``number`` of a domain; 0 is the fixed element."""

    number: int


@frozen
class Applied:
    """A function of a symbol of its argument's domain."""

    function: Function
    number: int


@frozen
class Constant:
    """An integer, or true."""

    value: int


@frozen
class Added:
    """The sum of two symbols, ``first <= second``; or of a symbol and a constant."""

    first: int
    second: int | Constant


Term = Symbol | Applied | Constant | Added


@define(eq=False)
class Shape:
    """The terms that there are with ``counts[d]`` symbols of domain d, and where a pair is."""

    symbols: Symbols
    counts: tuple[int, ...]
    terms: dict[Domain, tuple[Term, ...]] = field(init=False)
    places: dict[tuple[Domain, Term, Term], int] = field(init=False)

    def __attrs_post_init__(self) -> None:
        self.terms = {domain: tuple(self._terms(domain)) for domain in self.symbols.known}
        pairs = [
            (domain, left, right)
            for domain, terms in self.terms.items()
            for left, right in combinations(terms, 2)
        ]
        self.places = {pair: number for number, pair in enumerate(pairs)}

    def count(self, domain: Domain) -> int:
        """How many symbols of ``domain`` there are."""
        return self.counts[self.symbols.known.index(domain)]

    def _terms(self, domain: Domain) -> Iterator[Term]:
        numbers = range(self.count(domain) + 1)
        yield from map(Symbol, numbers)
        constants = tuple(map(Constant, self.symbols.constants(domain)))
        yield from constants
        for function in self.symbols.functions:
            if function.result == domain:
                for number in range(self.count(function.argument) + 1):
                    yield Applied(function, number)
        if domain.kind is DomainKind.INTEGER and self.symbols.adds(domain):
            for first in numbers[1:]:
                for second in numbers[first:]:
                    yield Added(first, second)
                for constant in constants:
                    yield Added(first, constant)


@frozen
class Condition:
    """``relations[i]`` is what is possible for the pair of place i of the shape."""

    counts: tuple[int, ...]
    relations: tuple[Relation, ...]


@define(eq=False)
class Facts:
    """A condition that is being changed: its shape, and what is possible for each pair."""

    shape: Shape
    relations: list[Relation] = Factory(list)

    def between(self, domain: Domain, left: Term, right: Term) -> Relation:
        """What is possible between two terms."""
        if left == right:
            return Relation.EQUAL
        place = self.shape.places.get((domain, left, right))
        if place is not None:
            return self.relations[place]
        return self.relations[self.shape.places[domain, right, left]].mirrored()

    def put(self, domain: Domain, left: Term, right: Term, relation: Relation) -> None:
        """Replace what is possible between two different terms."""
        place = self.shape.places.get((domain, left, right))
        if place is None:
            place, relation = self.shape.places[domain, right, left], relation.mirrored()
        self.relations[place] = relation

    def known(self) -> Iterator[tuple[Domain, Term, Term, Relation]]:
        """The pairs of which something is known."""
        for (domain, left, right), place in self.shape.places.items():
            if self.relations[place] != Relation.ANY:
                yield domain, left, right, self.relations[place]

    def frozen(self) -> Condition:
        """As a value."""
        return Condition(self.shape.counts, tuple(self.relations))


@define(eq=False)
class Shapes:
    """The shapes of a program, each made once."""

    symbols: Symbols
    _made: dict[tuple[int, ...], Shape] = Factory(dict)

    def of(self, counts: tuple[int, ...]) -> Shape:
        """The shape with these numbers of symbols."""
        if counts not in self._made:
            self._made[counts] = Shape(self.symbols, counts)
        return self._made[counts]

    def facts(self, condition: Condition) -> Facts:
        """A condition, to be changed."""
        return Facts(self.of(condition.counts), list(condition.relations))

    def nothing(self, counts: tuple[int, ...]) -> Facts:
        """That nothing is known of so many symbols."""
        shape = self.of(counts)
        return Facts(shape, [Relation.ANY] * len(shape.places))


def renamed(term: Term, numbers: dict[Domain, tuple[int, ...]], domain: Domain) -> Term:
    """``term`` with each symbol i replaced by symbol ``numbers[its domain][i]``."""
    match term:
        case Symbol(number):
            return Symbol(numbers[domain][number])
        case Applied(function, number):
            return Applied(function, numbers[function.argument][number])
        case Constant():
            return term
        case Added(first, Constant() as second):
            return added(numbers[domain][first], second)
        case Added(first, int() as second):
            return added(numbers[domain][first], numbers[domain][second])
        case _:
            raise AssertionError(term)


def added(first: int, second: int | Constant) -> Term:
    """The term for a sum; adding 0 leaves the other."""
    if isinstance(second, Constant):
        return Added(first, second) if first else second
    if not first or not second:
        return Symbol(first or second)
    return Added(min(first, second), max(first, second))
