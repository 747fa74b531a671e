"""The base of the type checker: what is being checked, and how types combine."""

from __future__ import annotations

import ast
from abc import ABC, abstractmethod

from attrs import define, evolve, field

from ksmcheck.frontend.constants import ConstantEvaluator
from ksmcheck.frontend.errors import Errors
from ksmcheck.frontend.loader import Module
from ksmcheck.frontend.symbols import FunctionSymbol, Symbol, Universe
from ksmcheck.frontend.tree import BOOL, NONE_TYPE, UNKNOWN_TYPE, Arithmetic, Literal, Typed
from ksmcheck.ir.expr import Op
from ksmcheck.ir.source import Span
from ksmcheck.ir.types import (
    BoolType,
    EnumType,
    IntType,
    LockType,
    RefType,
    SetType,
    ValueType,
    WordType,
)


def type_name(kind: ValueType | None) -> str:
    """How a message calls a type."""
    match kind:
        case None:
            return "no value"
        case BoolType():
            return "bool"
        case IntType(lo=lo, hi=hi):
            return f"int from {lo} to {hi}"
        case RefType(struct="None"):
            return "None"
        case RefType(struct=struct, nullable=nullable):
            return f"{struct} | None" if nullable else struct
        case EnumType(name=name) | WordType(name=name):
            return name
        case SetType(struct=struct):
            return f"Set[{struct}]"
        case LockType(kind=lock):
            return lock.value


def join(left: ValueType, right: ValueType) -> ValueType | None:
    """The smallest type that has the values of both, or None."""
    if left == right or right == UNKNOWN_TYPE:
        return left
    if left == UNKNOWN_TYPE:
        return right
    match left, right:
        case IntType(), IntType():
            return IntType(min(left.lo, right.lo), max(left.hi, right.hi))
        case RefType(), RefType():
            if right == NONE_TYPE:
                return evolve(left, nullable=True)
            if left == NONE_TYPE:
                return evolve(right, nullable=True)
            if left.struct == right.struct:
                return evolve(left, nullable=True)
    return None


def fits(value: ValueType, target: ValueType) -> bool:
    """Whether values of one type may be stored in the other (ranges are checked as they run)."""
    if UNKNOWN_TYPE in (value, target):
        return True
    match value, target:
        case IntType(), IntType():
            return value.lo <= target.hi and value.hi >= target.lo
        case RefType(), RefType():
            return value.struct == target.struct or (value == NONE_TYPE and target.nullable)
        case _:
            return value == target


@define
class Checker(ABC):
    """What the checks of one function share. ``locals`` grows as assignments are met."""

    universe: Universe
    errors: Errors
    module: Module
    function: FunctionSymbol
    locals: dict[str, ValueType] = field(factory=dict)
    ghosts: set[str] = field(factory=set)
    declared: dict[str, ValueType] = field(factory=dict)
    shared_names: set[str] = field(factory=set)
    assigned: set[str] = field(factory=set)
    returns: ValueType | None = None

    @property
    def constants(self) -> ConstantEvaluator:
        return ConstantEvaluator(self.universe, self.errors, self.module)

    @property
    def pure(self) -> bool:
        return self.function.kind.pure

    def span(self, node: ast.AST) -> Span:
        return self.module.span(node)

    def fault(self, code: str, message: str, node: ast.AST, hint: str = "", note: str = "") -> None:
        """Report a fault at ``node``."""
        self.errors.add(code, message, self.span(node), hint, note)

    def unknown(self, node: ast.AST) -> Literal:
        """What stands for an expression that was already reported."""
        return Literal(0, UNKNOWN_TYPE, self.span(node))

    def lookup(self, name: str) -> Symbol | None:
        return self.universe.lookup(self.module, name)

    @abstractmethod
    def expression(self, node: ast.expr) -> Typed:
        """The typed expression that ``node`` means; faults are reported."""

    def require_fits(self, value: Typed, target: ValueType, node: ast.AST, what: str) -> None:
        """Report a value that can never be stored in ``target``."""
        kind = value.type
        if kind is None:
            self.fault("KSM330", f"{what} needs a value, and this call returns none", node)
        elif isinstance(target, IntType) and isinstance(kind, IntType) and not fits(kind, target):
            shown = str(kind.lo) if kind.lo == kind.hi else f"{kind.lo} to {kind.hi}"
            self.fault(
                "KSM331",
                f"{shown} is outside the range {target.lo} to {target.hi} of {what}",
                node,
                "widen the range, or store a smaller value",
            )
        elif not fits(kind, target):
            self.fault(
                "KSM330", f"{what} is {type_name(target)}, and this is {type_name(kind)}", node
            )

    def condition(self, node: ast.expr) -> Typed:
        """An expression that decides a branch: a bool, or a reference (is it not None)."""
        value = self.expression(node)
        if not isinstance(value.type, (BoolType, RefType)) and value.type != UNKNOWN_TYPE:
            self.fault(
                "KSM333",
                f"a condition is a bool, and this is {type_name(value.type)}",
                node,
                "compare it: `x != 0`",
            )
        if isinstance(value.type, RefType):
            return Arithmetic(
                Op.NE, value, Literal(0, NONE_TYPE, value.span), BOOL, value.span, value.ghost
            )
        return value
