"""Asks z3 for a concrete value for each unknown of a run, so that it goes the way it went."""

from __future__ import annotations

from fractions import Fraction
from typing import assert_never

import z3
from attrs import define, field

from ksmcheck.analysis.symbols import Asked, Symbols
from ksmcheck.ir.symbols import (
    Apply,
    Compare,
    Domain,
    DomainKind,
    Fresh,
    Function,
    Number,
    Sum,
)
from ksmcheck.symbolic.concrete import Stretch, Values
from ksmcheck.symbolic.theory import Theory


def values_for(symbols: Symbols, run: tuple[Stretch, ...]) -> Values | None:
    """Values with which the questions of ``run`` are answered as they were.

    None when there are none, or when z3 does not know.
    """
    attempt = _Attempt(symbols)
    for stretch in run:
        for asked in stretch.asked:
            attempt.take(asked)
        attempt.settle(stretch)
    return attempt.values()


@define(eq=False)
class _Attempt:
    """``meaning`` are the terms of the symbols of the state that the run is in."""

    symbols: Symbols
    theory: Theory = field(factory=Theory)
    facts: list[z3.BoolRef] = field(factory=list)
    meaning: dict[tuple[Domain, int], z3.ExprRef] = field(factory=dict)
    fresh: list[tuple[Domain, z3.ExprRef]] = field(factory=list)
    applied: list[tuple[Function, z3.ExprRef, z3.ExprRef]] = field(factory=list)

    def take(self, asked: Asked) -> None:
        """One question with its answer."""
        match asked.question:
            case Fresh(domain):
                sort = self.theory.sort(domain)
                unknown = z3.Const(f"{domain.name}!{len(self.fresh)}", sort)
                self.fresh.append((domain, unknown))
                self.meaning[domain, asked.answer] = unknown
            case Compare(domain):
                left, right = (self._symbol(domain, item) for item in asked.operands)
                self.facts.append(_compared(domain, left, right, asked.answer))
            case Apply(function):
                argument = self._symbol(function.argument, asked.operands[0])
                value = self.theory.function(function)(argument)
                self.applied.append((function, argument, value))
                self._define(function.result, asked.answer, value)
            case Number(domain, value):
                self._define(domain, asked.answer, self.theory.constant(domain, value))
            case Sum(domain, negative):
                left, right = (self._symbol(domain, item) for item in asked.operands)
                self._define(domain, asked.answer, left - right if negative else left + right)
            case _:
                assert_never(asked.question)

    def _define(self, domain: Domain, symbol: int, value: z3.ExprRef) -> None:
        # a symbol that was there already is surely equal to it
        self.meaning.setdefault((domain, symbol), value)

    def _symbol(self, domain: Domain, symbol: int) -> z3.ExprRef:
        return self.meaning[domain, symbol] if symbol else self.theory.constant(domain, 0)

    def settle(self, stretch: Stretch) -> None:
        """The symbols have their new numbers."""
        if not stretch.settled:
            return
        renumbered = {}
        for domain, old, new in zip(
            self.symbols.domains, stretch.named, stretch.settled, strict=True
        ):
            if new:
                renumbered[domain, new] = self._symbol(domain, old)
        self.meaning = renumbered

    def values(self) -> Values | None:
        """What z3 chose."""
        model = self.theory.model(self.facts)
        if model is None:
            return None
        zeros = [(domain, self.theory.constant(domain, 0)) for domain in self.symbols.known]
        terms = [*self.fresh, *zeros]
        for function, argument, value in self.applied:
            terms += [(function.argument, argument), (function.result, value)]
        found: dict[Domain, list[z3.ExprRef]] = {domain: [] for domain in self.symbols.known}
        for domain, term in terms:
            found[domain].append(model.eval(term, model_completion=True))
        rank = {domain: _ranks(domain, values) for domain, values in found.items()}

        def number(domain: Domain, term: z3.ExprRef) -> int:
            return rank[domain][str(model.eval(term, model_completion=True))]

        return Values(
            tuple((domain, number(domain, term)) for domain, term in self.fresh),
            {
                (function, number(function.argument, argument)): number(function.result, value)
                for function, argument, value in self.applied
            },
            {domain: number(domain, term) for domain, term in zeros},
        )


def _compared(domain: Domain, left: z3.ExprRef, right: z3.ExprRef, answer: int) -> z3.BoolRef:
    if answer == 0:
        return left == right
    if not domain.kind.ordered:
        return left != right
    return left < right if answer < 0 else right < left


def _ranks(domain: Domain, values: list[z3.ExprRef]) -> dict[str, int]:
    """Whole numbers for the values that z3 chose, by their text."""
    match domain.kind:
        case DomainKind.INTEGER:
            return {str(value): value.as_long() for value in values}
        case DomainKind.BOOLEAN:
            return {str(value): int(z3.is_true(value)) for value in values}
        case DomainKind.ORDER:
            exact = {str(value): Fraction(value.as_fraction()) for value in values}
            order = sorted(set(exact.values()))
            return {text: order.index(value) for text, value in exact.items()}
        case DomainKind.EQUALITY:
            return {text: number for number, text in enumerate(dict.fromkeys(map(str, values)))}
        case _:
            assert_never(domain.kind)
