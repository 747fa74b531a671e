"""z3: what follows when one more fact is known, and whether forgetting a symbol loses anything.

An ORDER is z3's reals with nothing but comparisons: a total, dense order without ends. A domain
with EQUALITY only is an uninterpreted sort.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from typing import assert_never

import z3
from attrs import define, field

from ksmcheck.analysis.symbols import Undecided
from ksmcheck.ir.symbols import Domain, DomainKind, Function
from ksmcheck.symbolic.conditions import (
    Added,
    Applied,
    Constant,
    Facts,
    Relation,
    Shape,
    Symbol,
    Term,
)

TIMEOUT_MILLISECONDS = 20_000


Pair = tuple[Domain, Term, Term]
Side = tuple[Relation, z3.BoolRef, z3.BoolRef]


@define(eq=False)
class _Asking:
    """A solver that knows, for each pair of a shape, a name of each side, and of its opposite.

    What a condition says are assumptions, so the formulas are made once for a shape.
    """

    solver: z3.Solver
    sides: tuple[tuple[Side, ...], ...]
    _meant: dict[int, tuple[int, Relation]] = field(init=False)

    def __attrs_post_init__(self) -> None:
        self._meant = {
            is_so.get_id(): (place, relation)
            for place, sides in enumerate(self.sides)
            for relation, is_so, _ in sides
        }

    def narrow(self, facts: Facts, consequences: Iterable[z3.BoolRef]) -> None:
        """Put what follows, each of the form "assumptions imply that a side is so, or is not"."""
        for implication in consequences:
            literal = implication.arg(1)
            meant = self._meant.get(literal.get_id())
            if meant is None:
                place, relation = self._meant[literal.arg(0).get_id()]
                facts.relations[place] &= ~relation
            else:
                place, relation = meant
                facts.relations[place] &= relation


@define(eq=False)
class Theory:
    """Asks z3. ``queries`` and ``seconds`` are what that cost, the making of formulas included;
    ``timeout`` is in milliseconds.
    """

    timeout: int = TIMEOUT_MILLISECONDS
    queries: int = 0
    seconds: float = 0.0
    _context: z3.Context = field(factory=z3.Context)
    _constants: dict[tuple[Domain, int], z3.ExprRef] = field(factory=dict)
    _askings: dict[Shape, _Asking] = field(factory=dict)
    _pairs: dict[Pair, tuple[tuple[Side, ...], tuple[z3.BoolRef, ...]]] = field(factory=dict)

    def close(self, facts: Facts) -> bool:
        """Narrow every pair to what is possible, each by itself. False: nothing satisfies it all.

        Undecided when z3 does not know.
        """
        started = time.perf_counter()
        asking = self._asking_of(facts.shape)
        assumed, open_sides = list[z3.BoolRef](), list[z3.BoolRef]()
        for possible, sides in zip(facts.relations, asking.sides, strict=True):
            for relation, is_so, is_not in sides:
                if possible == relation:
                    assumed.append(is_so)
                elif possible & relation:
                    open_sides.append(is_so)
                else:
                    assumed.append(is_not)
        try:
            verdict, consequences = asking.solver.consequences(assumed, open_sides)
            reason = asking.solver.reason_unknown() if verdict == z3.unknown else ""
        except z3.Z3Exception as given_up:  # a time limit may end a query like this, too
            verdict, consequences, reason = z3.unknown, [], str(given_up)
        if verdict == z3.sat:
            asking.narrow(facts, consequences)
        self._count(started)
        if verdict == z3.unknown:
            raise Undecided(reason, self._query(asking.solver, assumed))
        return bool(verdict == z3.sat)

    def _asking_of(self, shape: Shape) -> _Asking:
        if shape not in self._askings:
            solver, sides = self._solver(), []
            for pair in shape.places:
                named, definitions = self._named(pair)
                solver.add(*definitions)
                sides.append(named)
            self._askings[shape] = _Asking(solver, tuple(sides))
        return self._askings[shape]

    def _named(self, pair: Pair) -> tuple[tuple[Side, ...], tuple[z3.BoolRef, ...]]:
        """The sides of a pair with their names, and what these mean; made once for all shapes."""
        if pair not in self._pairs:
            domain, left, right = pair
            sides, definitions = list[Side](), list[z3.BoolRef]()
            for relation in _sides(domain):
                is_so = z3.Bool(f"?{len(self._pairs)}.{relation.value}", self._context)
                sides.append((relation, is_so, z3.Not(is_so)))
                definitions.append(is_so == self._fact(domain, left, right, relation))
            self._pairs[pair] = tuple(sides), tuple(definitions)
        return self._pairs[pair]

    def _query(self, solver: z3.Solver, assumed: list[z3.BoolRef]) -> str:
        alone = self._solver()
        alone.add(*solver.assertions(), *assumed)
        return str(alone.to_smt2())

    def loses(self, before: Facts, after: Facts, kept: dict[Domain, tuple[int, ...]]) -> bool:
        """True when ``after`` allows something that ``before`` does not.

        Symbol i of ``after`` is symbol ``kept[domain][i]`` of ``before``; the others are forgotten.
        """
        forgotten = [
            self._symbol(domain, number)
            for domain, numbers in kept.items()
            for number in range(1, before.shape.count(domain) + 1)
            if number not in numbers
        ]
        if not forgotten:
            return False
        started = time.perf_counter()
        solver = self._solver()
        solver.add(*self._assertions(after, kept))
        everything = z3.And(*self._assertions(before), z3.BoolVal(True, self._context))
        solver.add(z3.Not(z3.Exists(forgotten, everything)))
        verdict = solver.check()
        self._count(started)
        return bool(verdict != z3.unsat)

    def _count(self, started: float) -> None:
        self.queries += 1
        self.seconds += time.perf_counter() - started

    def _solver(self) -> z3.Solver:
        solver = z3.Solver(ctx=self._context)
        solver.set("timeout", self.timeout)
        return solver

    def _assertions(
        self, facts: Facts, numbers: dict[Domain, tuple[int, ...]] | None = None
    ) -> Iterator[z3.BoolRef]:
        for domain, left, right, possible in facts.known():
            sides = [
                self._fact(domain, left, right, relation, numbers)
                for relation in _sides(domain)
                if possible & relation
            ]
            yield z3.Or(*sides) if len(sides) > 1 else sides[0]

    def _fact(
        self,
        domain: Domain,
        left: Term,
        right: Term,
        relation: Relation,
        numbers: dict[Domain, tuple[int, ...]] | None = None,
    ) -> z3.BoolRef:
        a, b = self._value(domain, left, numbers), self._value(domain, right, numbers)
        match relation:
            case Relation.LESS:
                return a < b
            case Relation.GREATER:
                return b < a
            case Relation.EQUAL:
                return a == b
            case _:
                return a != b

    def _value(
        self, domain: Domain, term: Term, numbers: dict[Domain, tuple[int, ...]] | None
    ) -> z3.ExprRef:
        def symbol(owner: Domain, number: int) -> z3.ExprRef:
            return self._symbol(owner, number if numbers is None else numbers[owner][number])

        match term:
            case Symbol(number):
                return symbol(domain, number)
            case Applied(function, number):
                return self.function(function)(symbol(function.argument, number))
            case Constant(value):
                return self.constant(domain, value)
            case Added(first, Constant(value)):
                return symbol(domain, first) + value
            case Added(first, int() as second):
                return symbol(domain, first) + symbol(domain, second)
            case _:
                raise AssertionError(term)

    def _symbol(self, domain: Domain, number: int) -> z3.ExprRef:
        if number == 0:
            return self.constant(domain, 0)
        key = (domain, number)
        if key not in self._constants:
            self._constants[key] = z3.Const(f"{domain.name}.{number}", self.sort(domain))
        return self._constants[key]

    def constant(self, domain: Domain, value: int) -> z3.ExprRef:
        """The fixed element 0, or a number of the program."""
        match domain.kind:
            case DomainKind.INTEGER:
                return z3.IntVal(value, self._context)
            case DomainKind.BOOLEAN:
                return z3.BoolVal(bool(value), self._context)
            case DomainKind.EQUALITY | DomainKind.ORDER:
                return z3.Const(f"{domain.name}.zero", self.sort(domain))
            case _:
                assert_never(domain.kind)

    def sort(self, domain: Domain) -> z3.SortRef:
        """The sort that stands for a domain."""
        match domain.kind:
            case DomainKind.INTEGER:
                return z3.IntSort(self._context)
            case DomainKind.BOOLEAN:
                return z3.BoolSort(self._context)
            case DomainKind.ORDER:
                return z3.RealSort(self._context)
            case DomainKind.EQUALITY:
                return z3.DeclareSort(domain.name, self._context)
            case _:
                assert_never(domain.kind)

    def model(self, facts: list[z3.BoolRef]) -> z3.ModelRef | None:
        """Something that satisfies ``facts``; None when there is nothing, or z3 does not know."""
        started = time.perf_counter()
        solver = self._solver()
        solver.add(*facts)
        verdict = solver.check()
        self._count(started)
        return solver.model() if verdict == z3.sat else None

    def function(self, function: Function) -> z3.FuncDeclRef:
        """z3's uninterpreted function."""
        return z3.Function(function.name, self.sort(function.argument), self.sort(function.result))


def _sides(domain: Domain) -> tuple[Relation, ...]:
    """The ways in which two terms of a domain can compare."""
    if domain.kind.ordered:
        return (Relation.LESS, Relation.EQUAL, Relation.GREATER)
    return (Relation.EQUAL, Relation.DIFFERENT)
