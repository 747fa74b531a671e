"""What a store to a lock variable takes or gives back, and the test that makes it a proper one."""

from __future__ import annotations

from ksmcheck.analysis.accesses import WHOLE, WRITER, Hold
from ksmcheck.ir.expr import Binary, Const, Expr, Op, Read
from ksmcheck.ir.types import LockKind, LockType


def meaning(
    kind: LockType, me: int, lock: Read, value: Expr
) -> tuple[Hold | None, Hold | None, tuple[int, ...]]:
    """(what is taken, what is given back, which parts are stored to) by storing ``value``."""
    exclusive, reading = (
        Hold(lock.variable, lock.index),
        Hold(lock.variable, lock.index, shared=True),
    )
    if kind.kind is not LockKind.RWSEM:
        match value:
            case Const(0):
                return None, exclusive, (WHOLE,)
            case Const(number) if number == me + 1:
                return exclusive, None, (WHOLE,)
        return None, None, ()
    count, bit = len(kind.actors), 1 << me
    match value:
        case Const(0):
            return None, exclusive, (WRITER,)
        case Const(number) if number == (1 << count) + me:
            return exclusive, None, (WRITER,)
        case Const(number) if number == bit:
            return reading, exclusive, (WRITER, me)
        case Binary(Op.BITOR, state, Const(number)) if (state, number) == (lock, bit):
            return reading, None, (me,)
        case Binary(Op.SUB, state, Const(number)) if (state, number) == (lock, bit):
            return None, reading, (me,)
    return None, None, ()


def proper_test(
    kind: LockType, me: int, lock: Read, taken: Hold | None, given: Hold | None
) -> Expr:
    """The test that makes the store a proper one."""
    count = len(kind.actors)
    if given is None:
        if taken is not None and taken.shared:
            return Binary(Op.LT, lock, Const(1 << count))
        return Binary(Op.EQ, lock, Const(0))
    if given.shared:
        return reader_test(kind, me, lock)
    own = me + 1 if kind.kind is not LockKind.RWSEM else (1 << count) + me
    return Binary(Op.EQ, lock, Const(own))


def reader_test(kind: LockType, me: int, lock: Read) -> Expr:
    """Is the rwsem held for reading, by the actor, too?"""
    below = Binary(Op.LT, lock, Const(1 << len(kind.actors)))
    mine = Binary(Op.BITAND, lock, Const(1 << me))
    return Binary(Op.AND, below, Binary(Op.NE, mine, Const(0)))
