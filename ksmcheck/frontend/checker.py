"""The base of the type checker: what is being checked, and how types combine."""

from __future__ import annotations

import ast
from abc import ABC, abstractmethod

from attrs import define, evolve, field

from ksmcheck.frontend.constants import ConstantEvaluator
from ksmcheck.frontend.errors import Errors, name_span
from ksmcheck.frontend.ghosts import ghost_note, ghost_source, ghost_words
from ksmcheck.frontend.loader import Module
from ksmcheck.frontend.symbols import FunctionKind, FunctionSymbol, Symbol, Universe
from ksmcheck.frontend.tree import BOOL, NONE_TYPE, UNKNOWN_TYPE, Arithmetic, Literal, Typed
from ksmcheck.ir.expr import Op
from ksmcheck.ir.source import Span
from ksmcheck.ir.symbols import Domain
from ksmcheck.ir.types import (
    BoolType,
    ConditionType,
    EnumType,
    IntType,
    LockType,
    RefType,
    SetType,
    SymbolType,
    ValueType,
    WordType,
)

REAL_FIELD = "use a real field, or do this to ghost state in a statement of its own"


def article(name: str) -> str:
    """``name`` with its article."""
    return f"{'an' if name[:1].lower() in 'aeiou' else 'a'} {name}"


def type_name(kind: ValueType | None) -> str:
    """How a message calls a value of a type: ``an int``, ``a Page``, ``a mutex``, ``None``."""
    match kind:
        case None:
            return "no value"
        case BoolType():
            return "a bool"
        case IntType():
            return "an int"
        case RefType(struct="None"):
            return "None"
        case RefType(struct=name) | EnumType(name=name) | WordType(name=name):
            return article(name)
        case SymbolType(domain=domain):
            return article(domain.name)
        case ConditionType():
            return "a condition"
        case SetType(struct=struct):
            return f"a Set[{struct}]"
        case LockType(kind=lock):
            return "an rwsem" if lock.value == "rwsem" else f"a {lock.value}"


def shown(typed: Typed) -> str:
    """How a message calls a value: a number by itself, anything else by its type."""
    if isinstance(typed, Literal) and isinstance(typed.type, IntType):
        return str(typed.value)
    return type_name(typed.type)


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

    @property
    def scope(self) -> dict[str, Symbol]:
        return self.universe.scopes[self.module.name]

    def is_ghost_code(self) -> bool:
        """True in functions that the kernel does not have."""
        return self.pure or self.function.kind is FunctionKind.SETUP

    def span(self, node: ast.AST) -> Span:
        return self.module.span(node)

    def fault(self, code: str, message: str, node: ast.AST, hint: str = "", note: str = "") -> None:
        """Report a fault at ``node``."""
        self.errors.add(code, message, self.span(node), hint, note)

    def keyword_fault(self, code: str, message: str, keyword: ast.keyword, hint: str) -> None:
        """Report a fault at the name of a keyword argument."""
        place = name_span(self.module.file, keyword, keyword.arg or "**")
        self.errors.add(code, message, place, hint)

    def ghost_fault(self, typed: Typed, what: str, hint: str) -> None:
        """Report that a ghost decides ``what``, at the ghost."""
        source = ghost_source(typed)
        message = f"{ghost_words(typed)} decides {what}"
        self.errors.add("KSM221", message, source.span, hint, ghost_note(typed))

    def refuse_ghosts(self, values: tuple[Typed, ...], what: str) -> None:
        """Report values of real code that a ghost decides."""
        for value in values:
            if value.ghost and not self.is_ghost_code():
                self.ghost_fault(
                    value,
                    what,
                    REAL_FIELD,
                )

    def unknown(self, node: ast.AST) -> Literal:
        """What stands for an expression that was already reported."""
        return Literal(0, UNKNOWN_TYPE, self.span(node))

    def bind_unknown(self, target: ast.AST) -> None:
        """Define the names that ``target`` would assign, so that their uses are not reported."""
        for node in ast.walk(target):
            match node:
                case ast.Name(id=name, ctx=ast.Store()) if name not in self.shared_names:
                    self.locals.setdefault(name, UNKNOWN_TYPE)

    def lookup(self, name: str) -> Symbol | None:
        return self.universe.lookup(self.module, name)

    @abstractmethod
    def expression(self, node: ast.expr) -> Typed:
        """The typed expression that ``node`` means; faults are reported."""

    @abstractmethod
    def decided(self, value: Typed, domain: Domain, node: ast.AST) -> Typed:
        """A symbolic flag as a condition; anything else is reported."""

    def require_fits(self, value: Typed, target: ValueType, node: ast.AST, what: str) -> None:
        """Report a value that can never be stored in ``target``."""
        kind = value.type
        if kind is None:
            self.fault(
                "KSM330",
                f"{what} needs a value, and this call returns none",
                node,
                "call it on a line of its own, or give the routine a `-> TYPE`",
            )
        elif isinstance(target, IntType) and isinstance(kind, IntType) and not fits(kind, target):
            given = str(kind.lo) if kind.lo == kind.hi else f"{kind.lo} to {kind.hi}"
            self.fault(
                "KSM331",
                f"{given} is outside the range {target.lo} to {target.hi} of {what}",
                node,
                "widen the range, or use a value inside it",
            )
        elif not fits(kind, target) and not is_zero(value, target):
            self.fault(
                "KSM330",
                f"{what} is {type_name(target)}, and this is {shown(value)}",
                node,
                conversion(kind, target),
            )

    def condition(self, node: ast.expr) -> Typed:
        """An expression that decides a branch: a bool, or a reference (is it not None)."""
        value = self.expression(node)
        if isinstance(value.type, SymbolType):
            return self.decided(value, value.type.domain, node)
        if not isinstance(value.type, (BoolType, RefType)) and value.type != UNKNOWN_TYPE:
            self.fault(
                "KSM333",
                f"a condition is a bool, and this is {shown(value)}",
                node,
                f"compare it: `{ast.unparse(node)} != 0`"
                if isinstance(value.type, IntType)
                else "compare it with == or !=",
            )
        if isinstance(value.type, RefType):
            return Arithmetic(
                Op.NE, value, Literal(0, NONE_TYPE, value.span), BOOL, value.span, value.ghost
            )
        return value


def is_zero(value: Typed, target: ValueType) -> bool:
    """True for 0 or False where a symbol is wanted: the fixed element of its domain."""
    if not isinstance(target, SymbolType):
        return False
    if isinstance(value, Literal) and isinstance(value.type, BoolType):
        return value.value == 0
    return value.type == IntType(0, 0)


def conversion(kind: ValueType, target: ValueType) -> str:
    """What to write instead of a value of the wrong type."""
    match kind, target:
        case IntType(), BoolType():
            return "compare it: a comparison gives a bool"
        case BoolType(), IntType():
            return "write `1 if condition else 0`"
        case RefType(struct="None"), RefType(struct=struct):
            return f"declare the place as `{struct} | None`"
        case RefType(struct=struct), IntType() | BoolType() if struct != "None":
            return f"name a field of the {struct}"
        case IntType() | BoolType(), SymbolType(domain=domain):
            return f"write `constant({domain.name}, ...)`"
        case _, LockType():
            return "a lock is taken and released by its functions"
        case _, EnumType(name=name, members=members) if members:
            return f"write `{name}.{members[0]}` or another member"
        case _, WordType(name=name, variants=variants):
            return f"write one of the variants of {name}: " + ", ".join(v.name for v in variants)
        case _:
            return f"give {type_name(target)}"
