"""Typed expressions: what checking makes of the syntax, and lowering turns into steps.

Every expression has its type, its place and whether it reads ghost state. A place is something
that is stored: a field of an object, a cell of an array, a shared variable.
"""

from __future__ import annotations

from enum import Enum

from attrs import frozen

from ksmcheck.frontend.symbols import FunctionSymbol, GlobalSymbol, Storage, StructSymbol
from ksmcheck.frontend.vocabulary import Prim
from ksmcheck.ir.expr import Op
from ksmcheck.ir.source import Span
from ksmcheck.ir.symbols import Question
from ksmcheck.ir.types import BoolType, EnumType, RefType, ValueType

NONE_TYPE = RefType("None", ())
UNKNOWN_TYPE = EnumType("unknown", ())
BOOL = BoolType()


@frozen
class Place:
    """``object.field``, ``object.field[index]``, ``variable`` or ``variable[index]``.

    ``size`` is the array's size where there is an index.
    """

    owner: StructSymbol | GlobalSymbol
    field: str
    object: Typed | None
    index: Typed | None
    storage: Storage
    span: Span

    @property
    def key(self) -> str:
        """The state variable's name."""
        if isinstance(self.owner, StructSymbol):
            return f"{self.owner.name}.{self.field}"
        return self.owner.name


@frozen
class Literal:
    """A constant."""

    value: int
    type: ValueType
    span: Span
    ghost: bool = False


@frozen
class Local:
    """A local variable."""

    name: str
    type: ValueType
    span: Span
    ghost: bool = False


@frozen
class Load:
    """A load from shared memory."""

    place: Place
    type: ValueType
    span: Span
    ghost: bool
    plain: bool = False
    old: bool = False


@frozen
class Arithmetic:
    """Arithmetic or a comparison; both sides are always evaluated."""

    op: Op
    left: Typed
    right: Typed
    type: ValueType
    span: Span
    ghost: bool


@frozen
class Lazy:
    """``and`` / ``or``: the right side is evaluated only when the left does not decide."""

    op: Op
    left: Typed
    right: Typed
    span: Span
    ghost: bool
    type: ValueType = BOOL


@frozen
class Negation:
    """``not operand``."""

    operand: Typed
    span: Span
    ghost: bool
    type: ValueType = BOOL


@frozen
class Conditional:
    """``then if condition else orelse``."""

    condition: Typed
    then: Typed
    orelse: Typed
    type: ValueType
    span: Span
    ghost: bool


@frozen
class MakeWord:
    """A word built from its parts; ``variant`` is its position among the word's variants."""

    variant: int
    fields: tuple[Typed, ...]
    type: ValueType
    span: Span
    ghost: bool


@frozen
class IsVariant:
    """``isinstance(operand, Variant)``."""

    operand: Typed
    variant: int
    span: Span
    ghost: bool
    type: ValueType = BOOL


@frozen
class WordField:
    """A field by name: ``options`` are the (variant, field number) that have it.

    A fault when the word is of a variant without it.
    """

    operand: Typed
    options: tuple[tuple[int, int], ...]
    type: ValueType
    span: Span
    ghost: bool


@frozen
class Contains:
    """``element in set``."""

    element: Typed
    set: Typed
    span: Span
    ghost: bool
    type: ValueType = BOOL


@frozen
class SetSize:
    """``len(set)``."""

    operand: Typed
    type: ValueType
    span: Span
    ghost: bool


@frozen
class Call:
    """A call of a routine or predicate; it is inlined."""

    function: FunctionSymbol
    arguments: tuple[tuple[str, Typed], ...]
    type: ValueType | None
    span: Span
    ghost: bool = False


@frozen
class Primitive:
    """A primitive of the vocabulary; ``struct`` and ``fields`` are alloc's."""

    prim: Prim
    place: Place | None
    arguments: tuple[Typed, ...]
    type: ValueType | None
    span: Span
    struct: StructSymbol | None = None
    fields: tuple[tuple[str, Typed], ...] = ()
    may_sleep: bool = False
    subclass: int = 0
    ghost: bool = False
    lock: Place | None = None


@frozen
class Choice:
    """One of ``options``; every choice is explored."""

    options: tuple[Typed, ...]
    type: ValueType
    span: Span
    ghost: bool = False


@frozen
class IsLive:
    """``is_live(operand)``."""

    struct: StructSymbol
    operand: Typed
    span: Span
    ghost: bool = True
    type: ValueType = BOOL


@frozen
class IsLocked:
    """``locked(place)``."""

    place: Place
    span: Span
    ghost: bool = True
    type: ValueType = BOOL


@frozen
class IsHeld:
    """``held(place)``: whether the actor that asks holds the lock."""

    place: Place
    span: Span
    ghost: bool = True
    type: ValueType = BOOL


class Fold(Enum):
    """How a quantifier combines its instances."""

    ALL = "all"
    ANY = "any"
    SUM = "sum"


@frozen
class Quantified:
    """``all/any/sum(body for name in values if conditions)``, several generators flattened."""

    fold: Fold
    name: str
    values: tuple[int, ...]
    element: ValueType
    conditions: tuple[Typed, ...]
    body: Typed
    type: ValueType
    span: Span
    ghost: bool = True


@frozen
class Asked:
    """A question about symbols: a comparison, a new unknown, a function's or a sum's value."""

    question: Question
    operands: tuple[Typed, ...]
    type: ValueType
    span: Span
    ghost: bool


Typed = (
    Literal
    | Local
    | Load
    | Arithmetic
    | Lazy
    | Negation
    | Conditional
    | MakeWord
    | IsVariant
    | WordField
    | Contains
    | SetSize
    | Call
    | Primitive
    | Choice
    | IsLive
    | IsLocked
    | IsHeld
    | Quantified
    | Asked
)
