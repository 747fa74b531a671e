"""Names for symbols that stay the same along a run.

In a state symbols are numbered as they come, so a symbol's number changes from state to state. A
trace calls the first unknown of a domain ``Content A`` from beginning to end, and what was computed
from it ``checksum(Content A)``.
"""

from __future__ import annotations

from collections.abc import Mapping

from attrs import Factory, evolve, frozen

from ksmcheck.analysis.symbols import Asked, Symbols
from ksmcheck.ir.symbols import Apply, Compare, Domain, DomainKind, Fresh, Number, Sum
from ksmcheck.ir.types import SymbolType, ValueType, format_value, symbol_name


@frozen
class Naming:
    """``names`` are those of the symbols of one state, ``made`` how many unknowns there were."""

    symbols: Symbols
    names: Mapping[tuple[Domain, int], str] = Factory(dict)
    made: Mapping[Domain, int] = Factory(dict)

    def word(self, kind: ValueType, value: int) -> str:
        """A value of a state as a person reads it."""
        if isinstance(kind, SymbolType) and value:
            return self.names.get((kind.domain, value), format_value(kind, value))
        return format_value(kind, value)

    def asking(self, asked: tuple[Asked, ...]) -> Naming:
        """The names after questions that made new symbols."""
        naming = self
        for item in asked:
            naming = naming._after(item)
        return naming

    def settled(self, named: tuple[int, ...], numbers: tuple[int, ...]) -> Naming:
        """The names after the symbols of the cells got new numbers."""
        if not numbers:
            return self
        names: dict[tuple[Domain, int], str] = {}
        for domain, old, new in zip(self.symbols.domains, named, numbers, strict=True):
            if new:
                names.setdefault((domain, new), self._name(domain, old))
        return evolve(self, names=names)

    def _name(self, domain: Domain, symbol: int) -> str:
        return self.names.get((domain, symbol), symbol_name(domain, symbol))

    def _after(self, asked: Asked) -> Naming:
        match asked.question:
            case Compare():
                return self
            case Fresh(domain):
                count = self.made.get(domain, 0) + 1
                made = {**self.made, domain: count}
                return evolve(self._called(domain, asked, symbol_name(domain, count)), made=made)
            case Apply(function):
                argument = self._name(function.argument, asked.operands[0])
                return self._found(function.result, asked, f"{function.name}({argument})")
            case Number(domain, value):
                word = "true" if domain.kind is DomainKind.BOOLEAN else str(value)
                return self._found(domain, asked, word)
            case Sum(domain, negative):
                left, right = (self._name(domain, item) for item in asked.operands)
                return self._found(domain, asked, f"{left} {'-' if negative else '+'} {right}")

    def _found(self, domain: Domain, asked: Asked, name: str) -> Naming:
        """A computed symbol keeps the name of the one that it is surely equal to."""
        known = not asked.answer or (domain, asked.answer) in self.names
        return self if known else self._called(domain, asked, name)

    def _called(self, domain: Domain, asked: Asked, name: str) -> Naming:
        return evolve(self, names={**self.names, (domain, asked.answer): name})
