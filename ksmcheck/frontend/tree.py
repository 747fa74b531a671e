"""The typed program: statements and functions, with the expressions of tree_expressions.py.

Checking makes it of the syntax; lowering turns it into steps.
"""

from __future__ import annotations

from attrs import frozen

from ksmcheck.frontend.symbols import FunctionSymbol
from ksmcheck.frontend.tree_expressions import (
    BOOL,
    NONE_TYPE,
    UNKNOWN_TYPE,
    Arithmetic,
    Asked,
    Call,
    Choice,
    Conditional,
    Contains,
    Fold,
    IsHeld,
    IsLive,
    IsLocked,
    IsVariant,
    Lazy,
    Literal,
    Load,
    Local,
    MakeWord,
    Negation,
    Place,
    Primitive,
    Quantified,
    SetSize,
    Typed,
    WordField,
)
from ksmcheck.ir.expr import Op
from ksmcheck.ir.source import Span
from ksmcheck.ir.types import ValueType

__all__ = [
    "BOOL",
    "NONE_TYPE",
    "UNKNOWN_TYPE",
    "AnyPattern",
    "Arithmetic",
    "Asked",
    "Assert",
    "AssignLocal",
    "Atomic",
    "Break",
    "Call",
    "Case",
    "Choice",
    "Conditional",
    "Contains",
    "Continue",
    "Evaluate",
    "Fold",
    "For",
    "Function",
    "If",
    "IsHeld",
    "IsLive",
    "IsLocked",
    "IsVariant",
    "Lazy",
    "Literal",
    "Load",
    "Local",
    "MakeWord",
    "Match",
    "Negation",
    "Pattern",
    "Place",
    "Primitive",
    "Quantified",
    "Return",
    "SetSize",
    "Statement",
    "Store",
    "Typed",
    "Update",
    "ValuePattern",
    "VariantPattern",
    "While",
    "With",
    "WordField",
]


@frozen
class AssignLocal:
    """``name = value``."""

    name: str
    value: Typed
    span: Span


@frozen
class Store:
    """``place = value``."""

    place: Place
    value: Typed
    span: Span
    plain: bool = False


@frozen
class Update:
    """``place op= value``: a load, then a store."""

    place: Place
    op: Op
    value: Typed
    type: ValueType
    span: Span


@frozen
class Evaluate:
    """A call for its effect."""

    value: Typed
    span: Span


@frozen
class If:
    """``if`` with both sides."""

    condition: Typed
    then: tuple[Statement, ...]
    orelse: tuple[Statement, ...]
    span: Span


@frozen
class While:
    """``while condition``."""

    condition: Typed
    body: tuple[Statement, ...]
    span: Span


@frozen
class For:
    """A loop over constants; it is unrolled."""

    name: str
    values: tuple[int, ...]
    type: ValueType
    body: tuple[Statement, ...]
    span: Span


@frozen
class AnyPattern:
    """``case name`` or ``case _``."""

    capture: str | None
    span: Span


@frozen
class ValuePattern:
    """``case CONSTANT``."""

    value: int
    span: Span


@frozen
class VariantPattern:
    """``case Present(page, True):`` — ``fields`` are (position, pattern)."""

    variant: int
    fields: tuple[tuple[int, AnyPattern | ValuePattern], ...]
    span: Span


Pattern = AnyPattern | ValuePattern | VariantPattern


@frozen
class Case:
    """One case of a match."""

    pattern: Pattern
    guard: Typed | None
    body: tuple[Statement, ...]


@frozen
class Match:
    """``match subject``."""

    subject: Typed
    cases: tuple[Case, ...]
    span: Span


@frozen
class Return:
    """``return``."""

    value: Typed | None
    span: Span


@frozen
class Break:
    """``break``."""

    span: Span


@frozen
class Continue:
    """``continue``."""

    span: Span


@frozen
class With:
    """``with spin_lock(x):`` — ``acquire`` on entry, ``release`` on every way out."""

    acquire: Primitive
    release: Primitive
    body: tuple[Statement, ...]
    span: Span


@frozen
class Atomic:
    """``with atomic(reason)``."""

    reason: str
    body: tuple[Statement, ...]
    span: Span


@frozen
class Assert:
    """``assert condition``."""

    condition: Typed
    message: str
    span: Span


Statement = (
    AssignLocal
    | Store
    | Update
    | Evaluate
    | If
    | While
    | For
    | Match
    | Return
    | Break
    | Continue
    | With
    | Atomic
    | Assert
)


@frozen
class Function:
    """A checked function. ``locals`` are the types of its locals, parameters included.

    ``first_reads`` are the places where locals are first read, for messages.
    """

    symbol: FunctionSymbol
    parameters: tuple[tuple[str, ValueType], ...]
    defaults: tuple[tuple[str, Typed], ...]
    returns: ValueType | None
    sentence: str
    body: tuple[Statement, ...]
    locals: tuple[tuple[str, ValueType], ...]
    ghosts: frozenset[str]
    assigned: frozenset[str]
    first_reads: tuple[tuple[str, Span], ...] = ()
