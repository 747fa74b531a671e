"""Lowers properties to predicates, one for each choice of their parameters."""

from __future__ import annotations

import itertools
from collections.abc import Mapping

from attrs import define

from ksmcheck.diagnostics import did_you_mean
from ksmcheck.frontend.errors import Errors
from ksmcheck.frontend.pure import PureLowering
from ksmcheck.frontend.schema import Schema
from ksmcheck.frontend.symbols import FunctionKind, FunctionSymbol, Universe, Unresolved
from ksmcheck.frontend.tree import Function
from ksmcheck.ir.expr import Const, Expr
from ksmcheck.ir.fold import disjunction
from ksmcheck.ir.program import Instance, Property
from ksmcheck.ir.types import RefType, format_value

MAXIMAL_INSTANCES = 512


@define
class PropertyBuilder:
    """Builds the Property records of the scenario."""

    schema: Schema
    errors: Errors
    functions: Mapping[int, Function]
    witnesses: Mapping[int, FunctionSymbol]

    def build(self, symbol: FunctionSymbol) -> Property:
        """One property with its instances and its witness."""
        function = self.functions[id(symbol)]
        assert symbol.property_kind is not None
        instances = tuple(self._instance(function, choice) for choice in self._choices(function))
        witness_symbol = self.witnesses.get(id(symbol))
        witness: Expr | None = None
        text = ""
        if witness_symbol is None:
            self.errors.add(
                "KSM404",
                f"property '{symbol.name}' has no witness",
                symbol.span,
                f"add `@witness({symbol.name})`: a condition that must be reached, so "
                "that 'holds' cannot mean 'never happened'",
            )
        else:
            body = self.functions[id(witness_symbol)]
            witness = disjunction([self._lower(body, choice)[0] for choice in self._choices(body)])
            text = body.sentence or witness_symbol.name.replace("_", " ")
        if not function.sentence:
            self.errors.add(
                "KSM405",
                f"property '{symbol.name}' has no sentence",
                symbol.span,
                "write what must be true as the function's docstring",
            )
        return Property(
            symbol.name,
            function.sentence,
            symbol.source,
            symbol.property_kind,
            instances,
            witness,
            text,
            symbol.span,
        )

    def _choices(self, function: Function) -> list[tuple[int, ...]]:
        ranges = []
        for name, kind in function.parameters:
            if kind.hi - kind.lo >= MAXIMAL_INSTANCES:
                self.errors.add(
                    "KSM406",
                    f"'{name}' ranges over too many values",
                    function.symbol.span,
                    f"a parameter of a property has at most {MAXIMAL_INSTANCES} values",
                )
                return []
            first = 1 if isinstance(kind, RefType) else kind.lo
            ranges.append(range(first, kind.hi + 1))
        return list(itertools.product(*ranges))

    def _instance(self, function: Function, choice: tuple[int, ...]) -> Instance:
        predicate, lowering = self._lower(function, choice)
        bindings = tuple(
            (name, format_value(kind, value))
            for (name, kind), value in zip(function.parameters, choice, strict=True)
        )
        return Instance(bindings, predicate, tuple(lowering.readings))

    def _lower(self, function: Function, choice: tuple[int, ...]) -> tuple[Expr, PureLowering]:
        environment: dict[str, Expr] = {
            name: Const(value) for (name, _), value in zip(function.parameters, choice, strict=True)
        }
        lowering = PureLowering(self.schema, self.functions, environment)
        return lowering.body(function), lowering


def witnesses_of(universe: Universe, errors: Errors) -> dict[int, FunctionSymbol]:
    """The witness of each property, by ``id`` of the property's symbol."""
    found: dict[int, FunctionSymbol] = {}
    seen: set[int] = set()
    for scope in universe.scopes.values():
        for symbol in scope.values():
            if not isinstance(symbol, FunctionSymbol) or symbol.witness_of is None:
                continue
            if id(symbol) in seen:
                continue
            seen.add(id(symbol))
            name = getattr(symbol.witness_of, "id", "")
            target = universe.lookup(symbol.module, name)
            known = [
                key
                for key, item in universe.scopes[symbol.module.name].items()
                if isinstance(item, FunctionSymbol) and item.kind is FunctionKind.PROPERTY
            ]
            if isinstance(target, Unresolved):
                continue
            if not isinstance(target, FunctionSymbol) or target.kind is not FunctionKind.PROPERTY:
                errors.add(
                    "KSM404",
                    f"'{name}' is no property",
                    symbol.module.span(symbol.witness_of),
                    did_you_mean(name, known)
                    or "write `@witness(the_property)` below the property",
                )
                continue
            if id(target) in found:
                errors.add(
                    "KSM408",
                    f"'{name}' has a witness already, '{found[id(target)].name}'",
                    symbol.span,
                    "a property has one witness: join the two conditions with `and` or `or`",
                )
            found[id(target)] = symbol
    return found


def observed(properties: tuple[Property, ...]) -> tuple[Expr, ...]:
    """Every expression that properties evaluate."""
    expressions: list[Expr] = []
    for item in properties:
        expressions += [instance.predicate for instance in item.instances]
        if item.witness is not None:
            expressions.append(item.witness)
    return tuple(expressions)
