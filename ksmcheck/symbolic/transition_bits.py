"""Expressions of the IR as bit-vectors, each just wide enough for the numbers that it can be.

A Number carries its bounds, and its width follows from them, so nothing ever wraps. Where the
evaluator would stop (an index outside an array, a division by zero) the bits mean nothing; a Check
before it, or a lazy operator around it, sees to it that nobody looks at them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import product
from typing import assert_never

import z3
from attrs import define, field, frozen

from ksmcheck.diagnostics import InternalError
from ksmcheck.ir.expr import Ask, Binary, BitCount, Const, Expr, Ite, Not, Op, Read, Temp
from ksmcheck.ir.program import Program

COMPARISONS = (Op.EQ, Op.NE, Op.LT, Op.LE, Op.GT, Op.GE, Op.AND, Op.OR)


def width_of(low: int, high: int) -> int:
    """How many bits the numbers from ``low`` to ``high`` take in two's complement."""
    return 1 + max(max(high, 0).bit_length(), max(-low - 1, 0).bit_length())


@frozen
class Number:
    """A number between ``low`` and ``high`` in two's complement of just that width."""

    bits: z3.BitVecRef
    low: int
    high: int

    def within(self, low: int, high: int) -> z3.BitVecRef:
        """The bits in the width of the numbers from ``low`` to ``high``, high ones cut off."""
        have, want = self.bits.size(), width_of(low, high)
        if have < want:
            return z3.SignExt(want - have, self.bits)
        return self.bits if have == want else z3.Extract(want - 1, 0, self.bits)


def constant(value: int) -> Number:
    """A number that is known."""
    return Number(z3.BitVecVal(value, width_of(value, value)), value, value)


def either(condition: z3.BoolRef, then: Number, orelse: Number) -> Number:
    """``then`` if ``condition``, else ``orelse``."""
    if then is orelse:
        return then
    low, high = min(then.low, orelse.low), max(then.high, orelse.high)
    return Number(z3.If(condition, then.within(low, high), orelse.within(low, high)), low, high)


@define
class Reader:
    """Translates expressions over ``cells`` (one Number each) and, for ``old``, ``before``."""

    program: Program
    offsets: Sequence[int]
    cells: Sequence[Number]
    before: Sequence[Number] | None = None
    temps: Mapping[int, Number] = field(factory=dict)

    def truth(self, expression: Expr) -> z3.BoolRef:
        """Whether the expression is not 0."""
        match expression:
            case Const(value=value):
                return z3.BoolVal(value != 0)
            case Not(operand=operand):
                return z3.Not(self.truth(operand))
            case Binary(op=Op.AND, left=left, right=right):
                return z3.And(self.truth(left), self.truth(right))
            case Binary(op=Op.OR, left=left, right=right):
                return z3.Or(self.truth(left), self.truth(right))
            case Binary(op=op, left=left, right=right) if op in COMPARISONS:
                return self._compare(op, self.number(left), self.number(right))
            case Ite(condition=condition, then=then, orelse=orelse):
                return z3.If(self.truth(condition), self.truth(then), self.truth(orelse))
            case _:
                number = self.number(expression)
                return number.bits != z3.BitVecVal(0, number.bits.size())

    def number(self, expression: Expr) -> Number:
        """The value of the expression."""
        match expression:
            case Const(value=value):
                return constant(value)
            case Read():
                return self._read(expression)
            case Temp(number=number):
                return self.temps[number]
            case Not():
                return self._bit(expression)
            case Binary(op=op) if op in COMPARISONS:
                return self._bit(expression)
            case Binary(op=op, left=left, right=right):
                return compute(op, self.number(left), self.number(right))
            case Ite(condition=condition, then=then, orelse=orelse):
                return either(self.truth(condition), self.number(then), self.number(orelse))
            case BitCount(operand=operand):
                return self._count(self.number(operand))
            case Ask():
                raise InternalError("a question about symbols has no bits")
            case _:
                assert_never(expression)

    def places(self, variable: int, index: Sequence[Expr]) -> list[tuple[int, z3.BoolRef | None]]:
        """The cells that ``variable[index]`` can be, each with the condition that it is.

        The condition is None when there is only one.
        """
        declared, start = self.program.variables[variable], self.offsets[variable]
        parts: list[list[tuple[int, z3.BoolRef | None]]] = []
        for item, size in zip(index, declared.dims, strict=True):
            if isinstance(item, Const):
                # outside the array only behind a Check that always fails
                parts.append([(min(max(item.value, 0), size - 1), None)])
                continue
            value = self.number(item)
            parts.append([(i, self._compare(Op.EQ, value, constant(i))) for i in range(size)])
        found: list[tuple[int, z3.BoolRef | None]] = []
        for choice in product(*parts):
            cell = 0
            for (digit, _), size in zip(choice, declared.dims, strict=True):
                cell = cell * size + digit
            conditions = [condition for _, condition in choice if condition is not None]
            found.append((start + cell, z3.And(conditions) if conditions else None))
        return found

    def _read(self, read: Read) -> Number:
        cells = self.before if read.old else self.cells
        if cells is None:
            raise InternalError("an old value was read where there is no state before")
        (first, _), *others = self.places(read.variable, read.index)
        result = cells[first]
        for cell, condition in others:
            assert condition is not None
            result = either(condition, cells[cell], result)
        return result

    def _bit(self, expression: Expr) -> Number:
        return either(self.truth(expression), constant(1), constant(0))

    def _compare(self, op: Op, left: Number, right: Number) -> z3.BoolRef:
        low, high = min(left.low, right.low), max(left.high, right.high)
        first, second = left.within(low, high), right.within(low, high)
        match op:
            case Op.EQ:
                return first == second
            case Op.NE:
                return first != second
            case Op.LT:
                return first < second
            case Op.LE:
                return first <= second
            case Op.GT:
                return first > second
            case _:
                return first >= second

    def _count(self, operand: Number) -> Number:
        size = operand.bits.size()
        width = width_of(0, size)
        total = z3.BitVecVal(0, width)
        # as int.bit_count(): the bits of the absolute value, which fits when it is read unsigned
        bits = z3.If(operand.bits < 0, -operand.bits, operand.bits)
        for bit in range(size):
            total = total + z3.ZeroExt(width - 1, z3.Extract(bit, bit, bits))
        return Number(total, 0, size)


def compute(op: Op, left: Number, right: Number) -> Number:
    """``left op right``; the bits in between are wide enough for whatever comes up on the way."""
    low, high = bounds(op, left, right)
    least, most = min(low, left.low, right.low), max(high, left.high, right.high)
    if op is Op.DIV and least < 0:
        least, most = 2 * min(least, -most), 2 * max(most, -least)
    first, second = left.within(least, most), right.within(least, most)
    bits = operation(op, first, second, signed=least < 0)
    return Number(Number(bits, least, most).within(low, high), low, high)


def bounds(op: Op, left: Number, right: Number) -> tuple[int, int]:
    """What an operation can give, for operands for which it is defined."""
    corners = [(a, b) for a in (left.low, left.high) for b in (right.low, right.high)]
    magnitude = max(abs(left.low), abs(left.high))
    ones = (1 << max(left.bits.size(), right.bits.size()) - 1) - 1
    match op:
        case Op.ADD:
            return left.low + right.low, left.high + right.high
        case Op.SUB:
            return left.low - right.high, left.high - right.low
        case Op.MUL:
            products = [a * b for a, b in corners]
            return min(products), max(products)
        case Op.DIV:
            return (0 if left.low >= 0 and right.low >= 0 else -magnitude), magnitude
        case Op.MOD:
            return min(right.low + 1, 0), max(right.high - 1, 0)
        case Op.SHL:
            places = max(right.high, 0)
            return min(left.low, 0) << places, max(left.high, 0) << places
        case Op.SHR:
            return min(left.low, 0), max(left.high, 0)
        case Op.BITAND | Op.BITOR:
            return (0 if left.low >= 0 and right.low >= 0 else -ones - 1), ones
        case _:
            raise InternalError(f"{op.value} is no arithmetic")


def operation(op: Op, left: z3.BitVecRef, right: z3.BitVecRef, *, signed: bool) -> z3.BitVecRef:
    """The operation on bits that are wide enough; division rounds down, as the language's does."""
    match op:
        case Op.ADD:
            return left + right
        case Op.SUB:
            return left - right
        case Op.MUL:
            return left * right
        case Op.DIV:
            return (left - left % right) / right if signed else z3.UDiv(left, right)
        case Op.MOD:
            return left % right if signed else z3.URem(left, right)
        case Op.SHL:
            return left << right
        case Op.SHR:
            return left >> right
        case Op.BITAND:
            return left & right
        case _:
            return left | right
