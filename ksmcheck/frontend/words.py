"""Words and locks as arithmetic: how a tagged union is built and taken apart, who owns a lock."""

from __future__ import annotations

from ksmcheck.ir.expr import TRUE, Const, Expr, Op
from ksmcheck.ir.fold import binary, ite
from ksmcheck.ir.types import LockKind, LockType, WordType


def pack(word: WordType, variant: int, fields: tuple[Expr, ...]) -> Expr:
    """The word of ``variant`` with the given field values (each within its type)."""
    result: Expr = Const(0)
    for (_, kind), value in zip(word.variants[variant].fields, fields, strict=True):
        radix = kind.hi - kind.lo + 1
        result = binary(Op.MUL, result, Const(radix))
        result = binary(Op.ADD, result, binary(Op.SUB, value, Const(kind.lo)))
    return binary(Op.ADD, result, Const(word.base(variant)))


def is_variant(word: WordType, value: Expr, variant: int) -> Expr:
    """Whether ``value`` is of ``variant``."""
    base, size = word.base(variant), word.variants[variant].size
    if size == 1:
        return binary(Op.EQ, value, Const(base))
    low: Expr = TRUE if base == 0 else binary(Op.GE, value, Const(base))
    if base + size > word.hi:
        return low
    return binary(Op.AND, low, binary(Op.LT, value, Const(base + size)))


def unpack(word: WordType, value: Expr, variant: int, field: int) -> Expr:
    """Field number ``field`` of ``value``, which is of ``variant``."""
    fields = word.variants[variant].fields
    stride = 1
    for _, kind in fields[field + 1 :]:
        stride *= kind.hi - kind.lo + 1
    kind = fields[field][1]
    offset = binary(Op.SUB, value, Const(word.base(variant)))
    digit = binary(Op.DIV, offset, Const(stride))
    if field:
        digit = binary(Op.MOD, digit, Const(kind.hi - kind.lo + 1))
    return binary(Op.ADD, digit, Const(kind.lo))


def field_of_word(word: WordType, value: Expr, options: tuple[tuple[int, int], ...]) -> Expr:
    """The field that several variants have, of a word that is of one of them."""
    *others, (variant, field) = options
    result = unpack(word, value, variant, field)
    for variant, field in reversed(others):
        result = ite(is_variant(word, value, variant), unpack(word, value, variant, field), result)
    return result


def owned(lock: LockType, state: Expr, actor: int) -> Expr:
    """Whether ``actor`` holds the lock whose state is ``state``, in whatever mode."""
    if lock.kind is not LockKind.RWSEM:
        return binary(Op.EQ, state, Const(actor + 1))
    writer = Const((1 << len(lock.actors)) + actor)
    return binary(Op.OR, binary(Op.EQ, state, writer), owned_shared(lock, state, actor))


def owned_shared(lock: LockType, state: Expr, actor: int) -> Expr:
    """Whether ``actor`` holds the rwsem for reading."""
    mask = binary(Op.BITAND, state, Const(1 << actor))
    shared = binary(Op.LT, state, Const(1 << len(lock.actors)))
    return binary(Op.AND, shared, binary(Op.NE, mask, Const(0)))
