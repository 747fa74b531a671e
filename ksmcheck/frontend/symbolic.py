"""Type-checks symbolic values: what makes one, what compares two, and what they do not have."""

from __future__ import annotations

import ast
from types import NoneType

from attrs import define

from ksmcheck.frontend.annotations import AnnotationReader
from ksmcheck.frontend.checker import shown
from ksmcheck.frontend.constants import is_int
from ksmcheck.frontend.errors import Errors
from ksmcheck.frontend.places import PlaceChecker
from ksmcheck.frontend.symbols import DomainSymbol, UninterpretedSymbol, Universe
from ksmcheck.frontend.tree import (
    BOOL,
    Arithmetic,
    Asked,
    Choice,
    Conditional,
    Literal,
    Local,
    Typed,
)
from ksmcheck.ir.expr import Op
from ksmcheck.ir.source import Span
from ksmcheck.ir.symbols import (
    Apply,
    Compare,
    Domain,
    DomainKind,
    Fresh,
    Function,
    Number,
    Question,
    Sum,
)
from ksmcheck.ir.types import BoolType, IntType, SymbolType, ValueType

SIGN = IntType(-1, 1)
# an int with more values is not made a symbol by trying them
MOST_VALUES = 8


def domain_of(value: Typed) -> Domain | None:
    """The domain of a symbolic value."""
    return value.type.domain if isinstance(value.type, SymbolType) else None


@define
class SymbolicChecker(PlaceChecker):
    """Checks what is done with symbols."""

    def compared(self, node: ast.AST, operator: Op, a: Typed, b: Typed) -> Typed:
        """``a == b``, ``a < b``, ... where a side is a symbol."""
        left, right = self.numbers(a, b)
        domain = domain_of(left)
        if domain is None or domain != domain_of(right):
            self.fault(
                "KSM339",
                f"{shown(a)} is never equal to {shown(b)}",
                node,
                "symbols are compared within one domain",
            )
            return self.unknown(node)
        if operator not in (Op.EQ, Op.NE) and not domain.kind.ordered:
            self.fault(
                "KSM601",
                f"{domain.name} has no order",
                node,
                f"compare with == or !=, or declare `class {domain.name}(OrderedSymbol)`",
            )
            return self.unknown(node)
        return self._sign(node, operator, left, right, domain)

    def _sign(self, node: ast.AST, operator: Op, a: Typed, b: Typed, domain: Domain) -> Typed:
        span, ghost = self.span(node), a.ghost or b.ghost
        sign = Asked(Compare(domain), (a, b), SIGN, span, ghost)
        return Arithmetic(operator, sign, Literal(0, IntType(0, 0), span), BOOL, span, ghost)

    def decided(self, value: Typed, domain: Domain, node: ast.AST) -> Typed:
        """A symbolic flag as a condition."""
        if domain.kind is not DomainKind.BOOLEAN:
            self.fault(
                "KSM333",
                f"a condition is a bool, and this is {shown(value)}",
                node,
                "compare it with another value of its domain",
            )
            return self.unknown(node)
        no = Literal(0, SymbolType(domain), self.span(node))
        return self._sign(node, Op.NE, value, no, domain)

    def numbers(self, a: Typed, b: Typed) -> tuple[Typed, Typed]:
        """Both sides, a literal beside a symbolic number made a symbol."""
        return self._number(a, domain_of(b)), self._number(b, domain_of(a))

    def _number(self, value: Typed, domain: Domain | None) -> Typed:
        """A literal, or an int of few values, as a symbol of a domain of numbers."""
        if domain is None or not isinstance(value.type, (IntType, BoolType)):
            return value
        kind = SymbolType(domain)
        low, high = value.type.lo, value.type.hi
        if isinstance(value, Literal):
            low = high = value.value
        wanted = {DomainKind.INTEGER: IntType, DomainKind.BOOLEAN: BoolType}.get(domain.kind)
        if low == high == 0:
            return Literal(0, kind, value.span)
        if wanted is None or not isinstance(value.type, wanted) or high - low >= MOST_VALUES:
            return value
        if low < high and not isinstance(value, Local):
            return value
        result = self._symbol_of(domain, high, value.span)
        for number in range(low, high):
            span, given = value.span, Literal(number, value.type, value.span)
            test = Arithmetic(Op.EQ, value, given, BOOL, span, value.ghost)
            one = self._symbol_of(domain, number, span)
            result = Conditional(test, one, result, kind, span, value.ghost)
        return result

    def _symbol_of(self, domain: Domain, value: int, span: Span) -> Typed:
        kind = SymbolType(domain)
        if not value:
            return Literal(0, kind, span)
        return Asked(Number(domain, value), (), kind, span, False)

    def summed(self, node: ast.AST, op: Op, a: Typed, b: Typed) -> Typed:
        """``a + b`` or ``a - b`` where a side is a symbol."""
        left, right = self.numbers(a, b)
        domain = domain_of(left) or domain_of(right)
        assert domain is not None
        if domain.kind is not DomainKind.INTEGER or op not in (Op.ADD, Op.SUB):
            self.fault(
                "KSM601",
                f"{domain.name} has no {op.value}",
                node,
                "only the values of a SymbolicInt are added and subtracted",
            )
            return self.unknown(node)
        if domain_of(left) != domain_of(right):
            self.fault(
                "KSM601",
                f"{shown(a)} and {shown(b)} are not numbers of one domain",
                node,
                f"write an int literal, or a {domain.name}",
            )
            return self.unknown(node)
        question = Sum(domain, negative=op is Op.SUB)
        kind = SymbolType(domain)
        return Asked(question, (left, right), kind, self.span(node), a.ghost or b.ghost)

    def made(self, name: str, node: ast.Call) -> Typed:
        """``fresh(D)``, ``constant(D, n)``, ``memcmp(a, b)``."""
        if name == "memcmp":
            return self._memcmp(node)
        match node.args, node.keywords:
            case [ast.Name(id=given), *rest], [] if isinstance(self.lookup(given), DomainSymbol):
                symbol = self.lookup(given)
                assert isinstance(symbol, DomainSymbol)
            case _:
                self._misuse(name, node)
                return self.unknown(node)
        if name == "symbolic" and not rest:
            return Literal(int(symbol.symbolic), BOOL, self.span(node))
        if name == "constant" and len(rest) == 1:
            return self._written(node, symbol, rest[0])
        if name != "fresh" or rest:
            self._misuse(name, node)
            return self.unknown(node)
        if self.pure:
            self.fault(
                "KSM402", "fresh() has no meaning in a property", node, "a property only reads"
            )
        kind = AnnotationReader(self.universe, self.errors, self.module).domain(symbol).type
        span = self.span(node)
        if isinstance(kind, IntType):
            options = (Literal(n, kind, span) for n in range(kind.lo, kind.hi + 1))
            return Choice(tuple(options), kind, span)
        return Asked(Fresh(symbol.domain), (), kind, span, False)

    def _misuse(self, name: str, node: ast.Call) -> None:
        usage = {
            "fresh": "write `fresh(Content)`",
            "constant": "write `constant(Content, 0)` or, of a SymbolicInt, `constant(Offset, 3)`",
            "symbolic": "write `symbolic(Content)`, with a domain",
            "memcmp": "write `memcmp(a, b)` with two locals of one ordered domain",
        }
        self.fault("KSM605", f"'{name}' cannot be used like this", node, usage[name])

    def _written(self, node: ast.Call, symbol: DomainSymbol, value: ast.expr) -> Typed:
        number, domain = self.constants.value(value), symbol.domain
        if is_int(number) and not symbol.symbolic:
            return Literal(number, IntType(number, number), self.span(node))
        allowed = {DomainKind.INTEGER: is_int(number), DomainKind.BOOLEAN: number in (False, True)}
        if isinstance(number, (str, NoneType)) or not allowed.get(domain.kind, number == 0):
            self.fault(
                "KSM605",
                f"{domain.name} has no constant {ast.unparse(value)}",
                value,
                f"the fixed element of a domain is `constant({domain.name}, 0)`",
            )
            return self.unknown(node)
        return self._symbol_of(domain, int(number), self.span(node))

    def _memcmp(self, node: ast.Call) -> Typed:
        values = tuple(self.expression(item) for item in node.args)
        ghost, span = any(value.ghost for value in values), self.span(node)
        domains = {domain_of(value) for value in values}
        domain = domains.pop() if len(domains) == 1 else None
        if len(values) == 2 and not node.keywords:
            if domain is not None and domain.kind.ordered:
                return Asked(Compare(domain), values, SIGN, span, ghost)
            if all(isinstance(v, (Literal, Local)) and isinstance(v.type, IntType) for v in values):
                above = Arithmetic(Op.GT, *values, BOOL, span, ghost)
                below = Arithmetic(Op.LT, *values, BOOL, span, ghost)
                return Arithmetic(Op.SUB, above, below, SIGN, span, ghost)
        self._misuse("memcmp", node)
        return self.unknown(node)

    def applied(self, symbol: UninterpretedSymbol, node: ast.Call) -> Typed:
        """A call of an uninterpreted function."""
        kinds = kinds_of(symbol, self.universe, Errors())
        if len(node.args) != 1 or node.keywords or len(kinds) != 2:
            if len(kinds) == 2:
                self.fault(
                    "KSM341",
                    f"'{symbol.name}' takes one value",
                    node,
                    f"write `{symbol.name}(value)`",
                )
            return self.unknown(node)
        value = self.expression(node.args[0])
        self.require_fits(value, kinds[0], node.args[0], "the argument")
        match kinds:
            case [SymbolType(argument), SymbolType(result)]:
                question: Question = Apply(Function(symbol.name, argument, result))
                return Asked(question, (value,), kinds[1], self.span(node), value.ghost)
            case _:
                return value  # among the integers that stand for the domain: the identity


def kinds_of(
    symbol: UninterpretedSymbol, universe: Universe, errors: Errors
) -> tuple[ValueType, ...]:
    """The types of argument and result; () when the declaration is wrong (reported)."""
    before, reader = len(errors.found), AnnotationReader(universe, errors, symbol.module)
    given = [item.annotation for item in symbol.node.args.args]
    given.append(symbol.node.returns)
    kinds = [reader.storage(item).type for item in given if item is not None]
    plain = (DomainKind.EQUALITY, DomainKind.ORDER)
    match kinds:
        case [SymbolType(argument), SymbolType(result)] if (
            argument.kind in plain and result.kind in plain
        ):
            return tuple(kinds)
        case [IntType(lo=low, hi=high), IntType(lo=least, hi=most)] if least <= low <= high <= most:
            return tuple(kinds)
    if len(errors.found) == before:
        errors.add(
            "KSM604",
            f"'{symbol.name}' is no function from a domain to a domain",
            symbol.span,
            f"write `def {symbol.name}(content: Content) -> Checksum: ...`, of plain or ordered "
            "symbols; a scenario has symbols of both or of neither",
        )
    return ()
