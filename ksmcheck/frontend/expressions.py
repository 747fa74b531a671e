"""Type-checks expressions: constants, names, attributes; refuses what models do not have."""

from __future__ import annotations

import ast

from attrs import define

from ksmcheck.diagnostics import did_you_mean
from ksmcheck.frontend.calls import CallChecker
from ksmcheck.frontend.checker import article, join
from ksmcheck.frontend.constants import is_int
from ksmcheck.frontend.constructs import construct
from ksmcheck.frontend.names import unknown_value
from ksmcheck.frontend.symbols import (
    Constant,
    EnumSymbol,
    FunctionSymbol,
    GlobalSymbol,
    InstanceSymbol,
    Parameter,
    StructSymbol,
    Symbol,
    Unresolved,
    VariantSymbol,
    Vocabulary,
)
from ksmcheck.frontend.tree import (
    BOOL,
    NONE_TYPE,
    UNKNOWN_TYPE,
    Literal,
    Local,
    Negation,
    Typed,
    WordField,
)
from ksmcheck.ir.types import EnumType, IntType, RefType, ValueType, WordType

PYTHON_VALUES = {
    "float": ("a fraction", "write `Annotated[int, Range(a, b)]`"),
    "complex": ("a complex number", "write `Annotated[int, Range(a, b)]`"),
    "str": ("a string", "the state has no strings: declare an Enum"),
    "bytes": ("a string of bytes", "the state has no strings: declare an Enum"),
    "ellipsis": ("`...`", "write a value, or `pass` for a statement"),
}


@define
class ExpressionChecker(CallChecker):
    """Checks expressions."""

    def expression(self, node: ast.expr) -> Typed:
        """The typed expression that ``node`` means; faults are reported."""
        match node:
            case ast.Constant(value=value):
                return self._constant(node, value)
            case ast.Name(id=name):
                return self._name(node, name)
            case ast.Attribute():
                return self._attribute(node)
            case ast.Subscript():
                return self.load(node, self.place(node))
            case ast.Call():
                return self.call(node)
            case ast.BinOp():
                return self.binary(node)
            case ast.Compare():
                return self.comparison(node)
            case ast.BoolOp():
                return self.lazy(node)
            case ast.UnaryOp(op=ast.Not(), operand=operand):
                negated = self.condition(operand)
                return Negation(negated, self.span(node), negated.ghost)
            case ast.UnaryOp(op=ast.USub()):
                return self._negative(node)
            case ast.IfExp():
                return self.conditional(node)
            case _:
                return self._refused(node)

    def _refused(self, node: ast.expr) -> Typed:
        refused = construct(node)
        message = f"{refused.name} is not part of the language"
        self.fault("KSM111", message, node, refused.instead)
        if isinstance(node, ast.NamedExpr):
            self.bind_unknown(node.target)
        return self.unknown(node)

    def _negative(self, node: ast.UnaryOp) -> Typed:
        number = self.constants.value(node)
        if is_int(number):
            return Literal(number, IntType(number, number), self.span(node))
        if self.expression(node.operand).type != UNKNOWN_TYPE:
            self.fault(
                "KSM111",
                "`-` before anything but a constant is not part of the language",
                node,
                f"write `0 - {ast.unparse(node.operand)}`",
            )
        return self.unknown(node)

    def _constant(self, node: ast.Constant, value: object) -> Typed:
        span = self.span(node)
        if value is None:
            return Literal(0, NONE_TYPE, span)
        if isinstance(value, bool):
            return Literal(int(value), BOOL, span)
        if isinstance(value, int):
            return Literal(value, IntType(value, value), span)
        kind = type(value).__name__
        name, hint = PYTHON_VALUES.get(
            kind, (article(kind), "values are ints, bools, enum members, references and words")
        )
        self.fault("KSM111", f"{name} is not part of the language", node, hint)
        return self.unknown(node)

    def _name(self, node: ast.Name, name: str) -> Typed:
        span = self.span(node)
        if name in self.locals and name not in self.shared_names:
            if self.locals[name] == UNKNOWN_TYPE:
                return self.unknown(node)
            return Local(name, self.locals[name], span, name in self.ghosts)
        symbol = self.lookup(name)
        match symbol:
            case Constant() | Parameter():
                value = self.constants.value(node)
                if is_int(value):
                    return Literal(value, IntType(value, value), span)
                if isinstance(value, bool):
                    return Literal(int(value), BOOL, span)
            case InstanceSymbol(struct=struct, number=number):
                names = self.universe.structs[struct].object_names
                return Literal(number, RefType(struct, names, nullable=False), span)
            case GlobalSymbol():
                return self.load(node, self.place(node))
            case Unresolved():
                return self.unknown(node)
            case None if name in self.shared_names:
                return self.unknown(node)  # `global name` was reported
        if symbol is None:
            message, hint = unknown_value(name, self.scope, self.locals)
        else:
            message, hint = f"'{name}' is no value", use_of(symbol)
        self.fault("KSM301", message, node, hint)
        return self.unknown(node)

    def _attribute(self, node: ast.Attribute) -> Typed:
        if isinstance(node.value, ast.Name) and node.value.id not in self.locals:
            symbol = self.lookup(node.value.id)
            if isinstance(symbol, EnumSymbol):
                return self._member(node, symbol)
        base = self.expression(node.value)
        if isinstance(base.type, WordType):
            return self._word_field(node, base, base.type)
        return self.load(node, self.field_place(node, base))

    def _member(self, node: ast.Attribute, symbol: EnumSymbol) -> Typed:
        if node.attr in symbol.members:
            kind = EnumType(symbol.name, symbol.members)
            return Literal(symbol.members.index(node.attr), kind, self.span(node))
        self.fault(
            "KSM302",
            f"{symbol.name} has no member '{node.attr}'",
            node,
            did_you_mean(node.attr, symbol.members) or f"add it to {symbol.name}",
        )
        return self.unknown(node)

    def _word_field(self, node: ast.Attribute, base: Typed, word: WordType) -> Typed:
        options: list[tuple[int, int]] = []
        result: ValueType = UNKNOWN_TYPE
        for position, variant in enumerate(word.variants):
            for number, (name, kind) in enumerate(variant.fields):
                joined = join(result, kind) if name == node.attr else None
                if joined is not None:
                    options.append((position, number))
                    result = joined
        if options:
            return WordField(base, tuple(options), result, self.span(node), base.ghost)
        known = [name for variant in word.variants for name, _ in variant.fields]
        self.fault(
            "KSM302",
            f"no variant of {word.name} has a field '{node.attr}'",
            node,
            did_you_mean(node.attr, known) or "take the word apart with `match`",
        )
        return self.unknown(node)


def use_of(symbol: Symbol) -> str:
    """How a name that is no value is used."""
    match symbol:
        case EnumSymbol(name=name, members=members):
            return f"write a member: `{name}.{members[0]}`"
        case VariantSymbol(name=name):
            return f"build a word: `{name}(...)`"
        case StructSymbol(name=name):
            return f"make an object with `alloc({name})`, or walk over `pool({name})`"
        case FunctionSymbol(name=name) | Vocabulary(name=name):
            return f"call it: `{name}(...)`"
        case Constant():
            return "the state has no strings"
        case _:
            return "it names a type or a list"
