"""Lowers counters and the other read-modify-write accesses: what each stores, gives and checks."""

from __future__ import annotations

from attrs import define

from ksmcheck.frontend import tree
from ksmcheck.frontend.lower_expressions import ExpressionLowering, bit_of
from ksmcheck.frontend.vocabulary import Prim
from ksmcheck.ir.expr import TRUE, Const, Expr, Op, Read
from ksmcheck.ir.fold import binary, ite
from ksmcheck.ir.program import BuiltinCheck
from ksmcheck.ir.source import Span
from ksmcheck.ir.step import Access, AccessKind, Assign
from ksmcheck.ir.types import IntType, ValueType

REFCOUNT = BuiltinCheck.REFCOUNT
ATOMIC_STEPS = {
    Prim.ATOMIC_INC: 1,
    Prim.ATOMIC_INC_AND_TEST: 1,
    Prim.ATOMIC_INC_NOT_ZERO: 1,
    Prim.ATOMIC_DEC: -1,
    Prim.ATOMIC_DEC_AND_TEST: -1,
}


@define
class CounterLowering(ExpressionLowering):
    """Lowers counters, exchanges, flags and sets."""

    def update(self, prim: tree.Primitive) -> Expr:
        """A read-modify-write access, or a store with rules of its own; gives its value (or 0)."""
        assert prim.place is not None
        place = prim.place
        if place.storage.ghost:
            variable, index, parts = self.ghost_place(place)
            arguments = [self.pure(item) for item in prim.arguments]
        else:
            variable, index, parts = self.resolve(place)
            arguments = [self.settled(item) for item in prim.arguments]
            plain = prim.prim is Prim.PLAIN_STORE
            stores = plain or prim.prim in (Prim.REFCOUNT_SET, Prim.ATOMIC_SET)
            kind = AccessKind.STORE if stores else AccessKind.UPDATE
            self.begin(Access(kind, variable, index, plain), prim.span, self.text(prim.span))
        self.guard(place, parts)
        before = Read(variable, index)
        after, result = self._effect(prim, before, arguments, place.storage.type)
        value = self.temporary(result, prim.type, prim.span) if prim.type else Const(0)
        self.emit(Assign(variable, index, after))
        return value

    def _effect(
        self, prim: tree.Primitive, before: Expr, arguments: list[Expr], kind: ValueType
    ) -> tuple[Expr, Expr]:
        """(the value stored, the primitive's result); checks are emitted."""
        text, span = self.text(prim.span), prim.span
        match prim.prim:
            case Prim.XCHG | Prim.PLAIN_STORE | Prim.REFCOUNT_SET | Prim.ATOMIC_SET:
                self.in_range(arguments[0], prim.arguments[0].type, kind, span, "the place")
                return arguments[0], before
            case Prim.CMPXCHG:
                equal = binary(Op.EQ, before, arguments[0])
                after = ite(equal, arguments[1], before)
                given = prim.arguments[1].type
                source = IntType(min(kind.lo, given.lo), max(kind.hi, given.hi)) if given else kind
                self.in_range(after, source, kind, span, "the place")
                return after, before
            case Prim.FETCH_ADD | Prim.ADD_RETURN:
                after = binary(Op.ADD, before, arguments[0])
                self.in_range(after, self._sum_range(kind, prim), kind, span, "the place")
                return after, before if prim.prim is Prim.FETCH_ADD else after
            case Prim.TEST_AND_SET:
                return TRUE, before
            case Prim.TEST_AND_CLEAR:
                return Const(0), before
            case Prim.SET_ADD | Prim.SET_DISCARD:
                return self._member(prim, before, arguments[0]), Const(0)
            case _ if prim.prim in (*ATOMIC_STEPS, Prim.ATOMIC_ADD_NEGATIVE):
                return self._atomic_count(prim, before, arguments, kind)
            case _:
                return self._count(prim, before, arguments, kind, text)

    def _atomic_count(
        self, prim: tree.Primitive, before: Expr, arguments: list[Expr], kind: ValueType
    ) -> tuple[Expr, Expr]:
        """atomic_t: counting from zero is no fault, only leaving the declared range is."""
        if prim.prim is Prim.ATOMIC_ADD_NEGATIVE:
            after = binary(Op.ADD, before, arguments[0])
            self.in_range(after, self._sum_range(kind, prim), kind, prim.span, "the place")
            return after, binary(Op.LT, after, Const(0))
        change = ATOMIC_STEPS[prim.prim]
        after = binary(Op.ADD if change > 0 else Op.SUB, before, Const(abs(change)))
        if prim.prim is Prim.ATOMIC_INC_NOT_ZERO:
            counted = binary(Op.NE, before, Const(0))
            after = ite(counted, after, before)
            self.shifted(after, change, kind, prim.span)
            return after, counted
        self.shifted(after, change, kind, prim.span)
        return after, binary(Op.EQ, after, Const(0))

    def shifted(self, after: Expr, change: int, kind: ValueType, span: Span) -> None:
        """Check that a counter that changes by ``change`` stays in its range."""
        reached = IntType(min(kind.lo, kind.lo + change), max(kind.hi, kind.hi + change))
        self.in_range(after, reached, kind, span, "the counter")

    def _sum_range(self, kind: ValueType, prim: tree.Primitive) -> ValueType:
        added = prim.arguments[0].type
        assert added is not None
        return IntType(kind.lo + added.lo, kind.hi + added.hi)

    def _member(self, prim: tree.Primitive, before: Expr, element: Expr) -> Expr:
        self.check(
            binary(Op.NE, element, Const(0)),
            BuiltinCheck.NULL_DEREFERENCE,
            "KSM803",
            f"{self.text(prim.span)}: None is no member of a pool",
            prim.span,
        )
        bit = bit_of(element)
        if prim.prim is Prim.SET_ADD:
            return binary(Op.BITOR, before, bit)
        present = binary(Op.BITAND, before, bit)
        return binary(Op.SUB, before, present)

    def _count(
        self, prim: tree.Primitive, before: Expr, arguments: list[Expr], kind: ValueType, text: str
    ) -> tuple[Expr, Expr]:
        span = prim.span
        below = binary(Op.GT, before, Const(0))
        match prim.prim:
            case Prim.REFCOUNT_INC:
                from_zero = f"{text}: the count is incremented from zero"
                self.check(below, REFCOUNT, "KSM813", from_zero, span)
                self._below_maximum(before, kind, text, span)
                return binary(Op.ADD, before, Const(1)), Const(0)
            case Prim.INC_NOT_ZERO:
                self._below_maximum(before, kind, text, span)
                return ite(below, binary(Op.ADD, before, Const(1)), before), below
            case Prim.REFCOUNT_DEC | Prim.DEC_AND_TEST:
                self.above_zero(before, text, span)
                return binary(Op.SUB, before, Const(1)), binary(Op.EQ, before, Const(1))
            case Prim.FREEZE:
                equal = binary(Op.EQ, before, arguments[0])
                return ite(equal, Const(0), before), equal
            case _:
                frozen = binary(Op.EQ, before, Const(0))
                self.check(frozen, REFCOUNT, "KSM814", f"{text}: the count is not frozen", span)
                self.in_range(arguments[0], prim.arguments[0].type, kind, span, "the count")
                return arguments[0], Const(0)

    def above_zero(self, before: Expr, text: str, span: Span) -> None:
        """Check that a refcount is not decremented below zero."""
        above = binary(Op.GT, before, Const(0))
        self.check(above, REFCOUNT, "KSM811", f"{text}: the count falls below zero", span)

    def _below_maximum(self, before: Expr, kind: ValueType, text: str, span: Span) -> None:
        self.check(
            binary(Op.LT, before, Const(kind.hi)),
            REFCOUNT,
            "KSM812",
            f"{text}: the count passes its maximum {kind.hi}",
            span,
        )
