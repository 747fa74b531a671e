"""The automaton of conditions: every answer is found once, with z3 where it takes z3, and kept.

NOTE(condition-automaton). A condition is interned, so that a state holds its number; an edge leads
from a condition by one question and one answer to the condition that follows. How many edges there
are depends on how symbols can relate, not on how many states there are. Numbers are given as
conditions are met, so they differ from search to search; what they stand for does not.
"""

from __future__ import annotations

from typing import assert_never

from attrs import Factory, define, field

from ksmcheck.analysis.symbols import Answers, Effort, Symbols
from ksmcheck.diagnostics import Diagnostic, UserError
from ksmcheck.ir.symbols import (
    LARGEST_SYMBOL,
    LAST_CONDITION,
    Apply,
    Compare,
    Domain,
    DomainKind,
    Fresh,
    Number,
    Question,
    Sum,
)
from ksmcheck.ir.types import symbol_name
from ksmcheck.symbolic.conditions import (
    Added,
    Applied,
    Condition,
    Constant,
    Facts,
    Relation,
    Shapes,
    Symbol,
    Term,
    added,
    renamed,
)
from ksmcheck.symbolic.theory import Theory

Sides = tuple[tuple[Relation, int], ...]
COMPARED: Sides = ((Relation.LESS, -1), (Relation.EQUAL, 0), (Relation.GREATER, 1))
SIGNS = {1: "<", 2: "=", 4: ">", 5: "!=", 3: "<=", 6: ">="}
TOLD_APART: Sides = ((Relation.EQUAL, 0), (Relation.DIFFERENT, 1))


@define(eq=False)
class Known:
    """The conditions by number and the edges found so far.

    ``restricted[condition, place, living]`` is what is left of a condition when of domain number
    ``place`` the symbols ``living`` are kept; ``met`` are the conditions that states were in.
    """

    conditions: list[Condition] = Factory(list)
    numbers: dict[Condition, int] = Factory(dict)
    answers: dict[tuple[int, Question, tuple[int, ...]], Answers] = Factory(dict)
    restricted: dict[tuple[int, int, tuple[int, ...]], int] = Factory(dict)
    met: set[int] = Factory(set)


@define(eq=False)
class Automaton:
    """An Oracle for a program with these symbols. Undecided when z3 does not know."""

    symbols: Symbols
    theory: Theory = Factory(Theory)
    pruned: int = 0
    imprecise: int = 0
    _shapes: Shapes = field(init=False)
    known: Known = Factory(Known)
    _settled: dict[tuple[int, tuple[int, ...]], tuple[int, tuple[int, ...]]] = Factory(dict)

    def __attrs_post_init__(self) -> None:
        self._shapes = Shapes(self.symbols)
        nothing = self._shapes.nothing((0,) * len(self.symbols.known))
        if any(self.symbols.constants(domain) for domain in self.symbols.known):
            self.theory.close(nothing)
        self.number(nothing.frozen())

    @property
    def effort(self) -> Effort:
        """What it has cost so far."""
        theory = self.theory
        return Effort(
            len(self.known.met), theory.queries, self.pruned, theory.seconds, self.imprecise
        )

    def number(self, condition: Condition) -> int:
        """The number of a condition, given when it is met first."""
        known = self.known.numbers.get(condition)
        if known is None:
            known = self.known.numbers[condition] = len(self.known.conditions)
            self.known.conditions.append(condition)
            if known > LAST_CONDITION:
                raise UserError([_too_many_conditions()])
        return known

    def facts(self, condition: int) -> Facts:
        """What a condition says."""
        return self._shapes.facts(self.known.conditions[condition])

    def answers(self, condition: int, question: Question, operands: tuple[int, ...]) -> Answers:
        """See Oracle."""
        key = (condition, question, operands)
        if key not in self.known.answers:
            self.known.answers[key] = self._answer(condition, question, operands)
        return self.known.answers[key]

    def _answer(self, condition: int, question: Question, operands: tuple[int, ...]) -> Answers:
        match question:
            case Compare(domain):
                return self._compare(condition, domain, *map(Symbol, operands))
            case Fresh(domain):
                return (self._fresh(condition, domain),)
            case Apply(function):
                return (self._name(condition, function.result, Applied(function, *operands)),)
            case Number(domain, value):
                term = Constant(value) if value else Symbol(0)
                return (self._name(condition, domain, term),)
            case Sum(domain, negative):
                return (self._sum(condition, domain, operands, negative),)
            case _:
                assert_never(question)

    def _compare(self, condition: int, domain: Domain, left: Term, right: Term) -> Answers:
        possible = self.facts(condition).between(domain, left, right)
        sides = COMPARED if domain.kind.ordered else TOLD_APART
        feasible = [(side, answer) for side, answer in sides if possible & side]
        self.pruned += len(sides) - len(feasible)
        if len(feasible) == 1:
            return ((feasible[0][1], condition),)
        found = []
        for side, answer in feasible:
            facts = self.facts(condition)
            facts.put(domain, left, right, side)
            if self.theory.close(facts):
                found.append((answer, self.number(facts.frozen())))
            else:
                self.pruned += 1
        return tuple(found)

    def _fresh(self, condition: int, domain: Domain) -> tuple[int, int]:
        facts, symbol = self._extended(self.facts(condition), domain)
        if domain.kind is DomainKind.INTEGER:
            self.theory.close(facts)
        return symbol, self.number(facts.frozen())

    def _extended(self, facts: Facts, domain: Domain) -> tuple[Facts, int]:
        """The same facts with one more symbol, of which nothing is known."""
        symbol = facts.shape.count(domain) + 1
        if symbol > LARGEST_SYMBOL:
            raise UserError([_too_many_symbols(domain, LARGEST_SYMBOL, "in one step")])
        more = tuple(
            count + (known == domain)
            for known, count in zip(self.symbols.known, facts.shape.counts, strict=True)
        )
        result = self._shapes.nothing(more)
        for place, relation in zip(facts.shape.places, facts.relations, strict=True):
            result.put(*place, relation)
        return result, symbol

    def _name(self, condition: int, domain: Domain, term: Term) -> tuple[int, int]:
        """A symbol for a term: one that is surely equal to it, or else a new one."""
        before = self.facts(condition)
        for number in range(before.shape.count(domain) + 1):
            if before.between(domain, Symbol(number), term) is Relation.EQUAL:
                return number, condition
        facts, symbol = self._extended(before, domain)
        for other in before.shape.terms[domain]:
            facts.put(domain, Symbol(symbol), other, before.between(domain, term, other))
        computed = any(function.argument == domain for function in self.symbols.functions)
        if computed or domain.kind is DomainKind.INTEGER:
            self.theory.close(facts)
        return symbol, self.number(facts.frozen())

    def _sum(
        self, condition: int, domain: Domain, operands: tuple[int, ...], negative: bool
    ) -> tuple[int, int]:
        first, second = operands
        if not negative:
            return self._name(condition, domain, added(first, second))
        if not second:
            return first, condition
        facts, symbol = self._extended(self.facts(condition), domain)
        facts.put(domain, added(symbol, second), Symbol(first), Relation.EQUAL)
        self.theory.close(facts)
        for number in range(symbol):
            if facts.between(domain, Symbol(number), Symbol(symbol)) is Relation.EQUAL:
                return number, condition
        return symbol, self.number(facts.frozen())

    def settle(self, condition: int, symbols: tuple[int, ...]) -> tuple[int, tuple[int, ...]]:
        """See Oracle. Symbols that are surely equal become one, and 0 where they are the fixed one.

        The living are numbered as they come in the state; what is known of the others is dropped.
        """
        key = (condition, symbols)
        known = self._settled.get(key)
        if known is None:
            known = self._settled[key] = self._settle(condition, symbols)
        return known

    def _settle(self, condition: int, symbols: tuple[int, ...]) -> tuple[int, tuple[int, ...]]:
        renumbered: dict[tuple[Domain, int], int] = {}
        for place, domain in enumerate(self.symbols.known):
            cells = zip(self.symbols.domains, symbols, strict=True)
            order = tuple(dict.fromkeys(s for owner, s in cells if owner == domain and s))
            condition, numbers = self.settle_domain(condition, place, order)
            for symbol, number in zip(order, numbers, strict=True):
                renumbered[domain, symbol] = number
        settled = (
            renumbered[domain, symbol] if symbol else 0
            for domain, symbol in zip(self.symbols.domains, symbols, strict=True)
        )
        return condition, tuple(settled)

    def settle_domain(
        self, condition: int, place: int, order: tuple[int, ...]
    ) -> tuple[int, tuple[int, ...]]:
        """Settle one domain, whose living symbols are ``order``, first come first.

        The condition that follows, and the new number of each. Domains are settled in turn; when
        the last one is, the condition is that of a state.
        """
        facts, domain = self.facts(condition), self.symbols.known[place]
        living, numbers = [0], list[int]()
        for symbol in order:
            same = (
                number
                for number, other in enumerate(living)
                if facts.between(domain, Symbol(other), Symbol(symbol)) is Relation.EQUAL
            )
            number = next(same, len(living))
            if number == len(living):
                living.append(symbol)
            numbers.append(number)
        edge = (condition, place, tuple(living))
        if edge not in self.known.restricted:
            if len(living) - 1 > domain.most:
                raise UserError([_too_many_symbols(domain, domain.most, "in one state")])
            kept = {
                known: tuple(living) if known == domain else tuple(range(count + 1))
                for known, count in zip(self.symbols.known, facts.shape.counts, strict=True)
            }
            self.known.restricted[edge] = self._restrict(facts, kept)
        if place == len(self.symbols.known) - 1:
            self.known.met.add(self.known.restricted[edge])
        return self.known.restricted[edge], tuple(numbers)

    def _restrict(self, facts: Facts, numbers: dict[Domain, tuple[int, ...]]) -> int:
        """What is known of the kept symbols, which get the numbers of their places."""
        result = self._shapes.nothing(tuple(len(item) - 1 for item in numbers.values()))
        for (domain, left, right), place in result.shape.places.items():
            old = renamed(left, numbers, domain), renamed(right, numbers, domain)
            result.relations[place] = facts.between(domain, *old)
        integers = {d: n for d, n in numbers.items() if d.kind is DomainKind.INTEGER}
        if integers and self.theory.loses(facts, result, numbers):
            self.imprecise += 1
        return self.number(result.frozen())

    def content(self, condition: int) -> tuple[int, ...]:
        """See Oracle."""
        return tuple(map(int, self.known.conditions[condition].relations))

    def shown(self, condition: int) -> str:
        """What a condition says, in words that depend on nothing but the condition."""
        facts = self.facts(condition)
        known = [
            f"{_words(domain, left)} {SIGNS[relation]} {_words(domain, right)}"
            for domain, left, right, relation in facts.known()
            if left != Symbol(0) or not isinstance(right, Constant)
        ]
        return ", ".join(known)


def _words(domain: Domain, term: Term) -> str:
    match term:
        case Symbol(number):
            return symbol_name(domain, number)
        case Applied(function, number):
            return f"{function.name}({symbol_name(function.argument, number)})"
        case Constant(value):
            return str(value) if domain.kind is DomainKind.INTEGER else "true"
        case Added(first, Constant(value)):
            return f"{symbol_name(domain, first)} + {value}"
        case Added(first, int() as second):
            return f"{symbol_name(domain, first)} + {symbol_name(domain, second)}"
        case _:
            raise AssertionError(term)


def _too_many_symbols(domain: Domain, most: int, where: str) -> Diagnostic:
    allow = f"say `symbols={{{domain.name}: {most + 1}}}` in scenario(...)"
    return Diagnostic(
        "KSM611",
        f"more than {most} symbols of {domain.name} are alive {where}",
        hint=allow if where == "in one state" else "make fewer unknowns between two accesses",
    )


def _too_many_conditions() -> Diagnostic:
    return Diagnostic(
        "KSM612",
        f"the symbols of this model can relate in more than {LAST_CONDITION + 1} ways",
        hint="let fewer symbols live at once, or forget them earlier",
    )
