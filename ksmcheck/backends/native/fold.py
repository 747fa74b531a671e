"""Bounds and simplification of expressions: what is known while the C is written.

Two uses. A comparison that the types already decide disappears, and with it the code under it. And
a quotient whose operands cannot be negative is an unsigned division by a constant, which the C
compiler turns into a shift or a multiplication.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import assert_never

from attrs import field, frozen

from ksmcheck.ir.expr import (
    FALSE,
    TRUE,
    Ask,
    Binary,
    BitCount,
    Const,
    Expr,
    Ite,
    Not,
    Op,
    Read,
    Temp,
)
from ksmcheck.ir.fold import apply
from ksmcheck.ir.program import Program
from ksmcheck.ir.symbols import LARGEST_SYMBOL, Compare

# Values are computed in 64 bits; bounds that leave this range mean "anything".
EXTREME = 1 << 62


@frozen
class Bounds:
    """A value is at least ``lo`` and at most ``hi``."""

    lo: int = -EXTREME
    hi: int = EXTREME

    def join(self, other: Bounds) -> Bounds:
        """The smallest bounds that contain both."""
        return Bounds(min(self.lo, other.lo), max(self.hi, other.hi))

    def within(self, lo: int, hi: int) -> bool:
        """True when every value is in lo..hi."""
        return lo <= self.lo and self.hi <= hi


BOOLEAN = Bounds(0, 1)
ANYTHING = Bounds()

FLIPPED = {Op.LT: Op.GT, Op.GT: Op.LT, Op.LE: Op.GE, Op.GE: Op.LE, Op.EQ: Op.EQ, Op.NE: Op.NE}
NEGATED = {Op.EQ: Op.NE, Op.NE: Op.EQ, Op.LT: Op.GE, Op.GE: Op.LT, Op.GT: Op.LE, Op.LE: Op.GT}
TRUTHS = frozenset((*NEGATED, Op.AND, Op.OR))


@frozen
class Facts:
    """What is known at one point: the bounds of scalar variables and of temps."""

    program: Program
    scalars: Mapping[int, Bounds] = field(factory=dict)
    temps: Mapping[int, Bounds] = field(factory=dict)


def bounds(expr: Expr, facts: Facts) -> Bounds:
    """Bounds of the value of ``expr``."""
    match expr:
        case Const(value):
            return Bounds(value, value)
        case Read(variable, _, old):
            if variable in facts.scalars and not old:
                return facts.scalars[variable]
            kind = facts.program.variables[variable].type
            return Bounds(kind.lo, kind.hi)
        case Temp(number):
            return facts.temps.get(number, ANYTHING)
        case Not():
            return BOOLEAN
        case Binary(op) if op in TRUTHS:
            return BOOLEAN
        case Binary(op, left, right):
            return _binary_bounds(op, bounds(left, facts), bounds(right, facts))
        case Ite(_, then, orelse):
            return bounds(then, facts).join(bounds(orelse, facts))
        case BitCount(operand):
            inner = bounds(operand, facts)
            return Bounds(0, inner.hi.bit_length() if inner.lo >= 0 else 64)
        case Ask(Compare(domain)):
            return Bounds(-1, 1) if domain.kind.ordered else BOOLEAN
        case Ask():
            return Bounds(0, LARGEST_SYMBOL)
        case _:
            assert_never(expr)


def _clipped(lo: int, hi: int) -> Bounds:
    return Bounds(lo, hi) if lo >= -EXTREME and hi <= EXTREME else ANYTHING


def _binary_bounds(op: Op, a: Bounds, b: Bounds) -> Bounds:
    match op:
        case Op.ADD:
            return _clipped(a.lo + b.lo, a.hi + b.hi)
        case Op.SUB:
            return _clipped(a.lo - b.hi, a.hi - b.lo)
        case Op.MUL:
            corners = [x * y for x in (a.lo, a.hi) for y in (b.lo, b.hi)]
            return _clipped(min(corners), max(corners))
        case Op.DIV:
            return Bounds(a.lo // b.hi, a.hi // b.lo) if a.lo >= 0 and b.lo > 0 else ANYTHING
        case Op.MOD:
            return Bounds(0, min(b.hi - 1, a.hi if a.lo >= 0 else b.hi)) if b.lo > 0 else ANYTHING
        case Op.BITAND:
            return Bounds(0, min(a.hi, b.hi)) if a.lo >= 0 and b.lo >= 0 else ANYTHING
        case Op.BITOR:
            top = (1 << max(a.hi, b.hi).bit_length()) - 1
            return Bounds(0, top) if a.lo >= 0 and b.lo >= 0 else ANYTHING
        case Op.SHL:
            return _clipped(a.lo << b.lo, a.hi << b.hi) if _shiftable(a, b) else ANYTHING
        case Op.SHR:
            return Bounds(a.lo >> b.hi, a.hi >> b.lo) if _shiftable(a, b) else ANYTHING
        case Op.EQ | Op.NE | Op.LT | Op.LE | Op.GT | Op.GE | Op.AND | Op.OR:
            return BOOLEAN
        case _:
            assert_never(op)


def _shiftable(a: Bounds, b: Bounds) -> bool:
    return a.lo >= 0 and b.within(0, 62)


def simplify(expr: Expr, facts: Facts) -> Expr:
    """An expression with the same value wherever ``facts`` hold, as small as is easy."""
    match expr:
        case Const() | Temp():
            result: Expr = expr
        case Read(variable, index, old):
            result = Read(variable, tuple(simplify(item, facts) for item in index), old)
        case Not(operand):
            result = _negation(simplify(operand, facts))
        case Binary():
            result = _chain(expr, facts)
        case Ite(condition, then, orelse):
            result = _choice(simplify(condition, facts), then, orelse, facts)
        case BitCount(operand):
            inner = simplify(operand, facts)
            result = Const(inner.value.bit_count()) if isinstance(inner, Const) else BitCount(inner)
        case Ask(question, operands):
            result = Ask(question, tuple(simplify(item, facts) for item in operands))
        case _:
            assert_never(expr)
    limits = bounds(result, facts)
    return Const(limits.lo) if limits.lo == limits.hi and _total(result) else result


Narrowed = tuple[dict[int, Bounds], dict[int, Bounds]]


def narrow(condition: Expr, truth: bool, facts: Facts) -> Narrowed:
    """The bounds of scalars and temps where ``condition`` is (not) true."""
    scalars, temps = dict(facts.scalars), dict(facts.temps)
    stack = [(condition, truth)]
    while stack:
        item, holds = stack.pop()
        match item:
            case Not(operand):
                stack.append((operand, not holds))
            case Binary(Op.AND, left, right) if holds:
                stack += [(left, True), (right, True)]
            case Binary(Op.OR, left, right) if not holds:
                stack += [(left, False), (right, False)]
            case Binary(op, left, Const(value)) if op in NEGATED:
                now = Facts(facts.program, scalars, temps)
                limits = _narrowed(op if holds else NEGATED[op], bounds(left, now), value)
                _set_bounds(left, limits, scalars, temps)
            case Read() | Temp():
                now = Facts(facts.program, scalars, temps)
                limits = _narrowed(Op.NE if holds else Op.EQ, bounds(item, now), 0)
                _set_bounds(item, limits, scalars, temps)
            case _:
                pass
    return scalars, temps


def _set_bounds(
    expr: Expr, limits: Bounds, scalars: dict[int, Bounds], temps: dict[int, Bounds]
) -> None:
    match expr:
        case Read(variable, (), False):
            scalars[variable] = limits
        case Temp(number):
            temps[number] = limits
        case _:
            pass


def _narrowed(op: Op, limits: Bounds, value: int) -> Bounds:
    """The part of ``limits`` that compares like this; all of it when the part is empty."""
    lo, hi = limits.lo, limits.hi
    match op:
        case Op.EQ:
            lo, hi = max(lo, value), min(hi, value)
        case Op.NE:
            lo, hi = lo + (lo == value), hi - (hi == value)
        case Op.LT:
            hi = min(hi, value - 1)
        case Op.LE:
            hi = min(hi, value)
        case Op.GT:
            lo = max(lo, value + 1)
        case Op.GE:
            lo = max(lo, value)
        case _:
            pass
    return Bounds(lo, hi) if lo <= hi else limits


def _total(expr: Expr) -> bool:
    """False for a quotient by something that may be 0, which must stay where it is."""
    return not (isinstance(expr, Binary) and expr.op in (Op.DIV, Op.MOD))


def _negation(operand: Expr) -> Expr:
    match operand:
        case Const(value):
            return FALSE if value else TRUE
        case Binary(op, left, right) if op in NEGATED:
            return Binary(NEGATED[op], left, right)
        case Not(Not() | Binary(op=Op.AND | Op.OR) as inner):
            return inner
        case _:
            return Not(operand)


def _choice(condition: Expr, then: Expr, orelse: Expr, facts: Facts) -> Expr:
    if isinstance(condition, Const):
        return simplify(then if condition.value else orelse, facts)
    yes, no = simplify(then, facts), simplify(orelse, facts)
    if yes == no:
        return yes
    return Ite(condition, yes, no)


def _chain(expr: Binary, facts: Facts) -> Expr:
    """Simplify a binary expression from its innermost left operand outwards."""
    spine = [expr]
    while isinstance(spine[-1].left, Binary):
        spine.append(spine[-1].left)
    result = simplify(spine[-1].left, facts)
    for item in reversed(spine):
        result = _binary(item.op, result, item.right, facts)
    return result


def _binary(op: Op, left: Expr, unsimplified: Expr, facts: Facts) -> Expr:
    if op in (Op.AND, Op.OR):
        return _connective(op, left, unsimplified, facts)
    right = simplify(unsimplified, facts)
    if isinstance(left, Const) and isinstance(right, Const):
        if not (op in (Op.DIV, Op.MOD) and right.value == 0):
            return Const(apply(op, left.value, right.value))
        return Binary(op, left, right)
    if op in NEGATED:
        return _comparison(op, left, right, facts)
    if op in (Op.ADD, Op.SUB, Op.BITOR, Op.SHL, Op.SHR) and right == FALSE:
        return left
    if op in (Op.ADD, Op.BITOR) and left == FALSE:
        return right
    if op in (Op.MUL, Op.DIV) and right == TRUE:
        return left
    if op in (Op.ADD, Op.SUB) and isinstance(right, Const):
        return _offset(left, right.value if op is Op.ADD else -right.value)
    return Binary(op, left, right)


def _offset(left: Expr, amount: int) -> Expr:
    match left:
        case Binary(Op.ADD, inner, Const(value)):
            amount, left = amount + value, inner
        case Binary(Op.SUB, inner, Const(value)):
            amount, left = amount - value, inner
        case _:
            pass
    if amount == 0:
        return left
    return Binary(Op.ADD if amount > 0 else Op.SUB, left, Const(abs(amount)))


def _connective(op: Op, left: Expr, unsimplified: Expr, facts: Facts) -> Expr:
    # Lazy: the right operand is not looked at when the left decides.
    deciding = 0 if op is Op.AND else 1
    if isinstance(left, Const):
        if bool(left.value) == bool(deciding):
            return Const(deciding)
        return _truth(simplify(unsimplified, facts), facts)
    right = simplify(unsimplified, facts)
    if isinstance(right, Const) and bool(right.value) != bool(deciding):
        return _truth(left, facts)
    return Binary(op, left, right)


def _truth(expr: Expr, facts: Facts) -> Expr:
    """``expr`` as 0 or 1."""
    if bounds(expr, facts).within(0, 1):
        return expr
    return Const(int(expr.value != 0)) if isinstance(expr, Const) else Binary(Op.NE, expr, FALSE)


def _comparison(op: Op, left: Expr, right: Expr, facts: Facts) -> Expr:
    if left == right:
        return TRUE if op in (Op.EQ, Op.LE, Op.GE) else FALSE
    if isinstance(left, Const) and op in FLIPPED:
        op, left, right = FLIPPED[op], right, left
    a, b = bounds(left, facts), bounds(right, facts)
    decided: dict[Op, tuple[bool, bool]] = {
        Op.EQ: (a.lo == a.hi == b.lo == b.hi, a.hi < b.lo or b.hi < a.lo),
        Op.LT: (a.hi < b.lo, a.lo >= b.hi),
        Op.LE: (a.hi <= b.lo, a.lo > b.hi),
        Op.GT: (a.lo > b.hi, a.hi <= b.lo),
        Op.GE: (a.lo >= b.hi, a.hi < b.lo),
    }
    decided[Op.NE] = decided[Op.EQ][1], decided[Op.EQ][0]
    always, never = decided[op]
    if always or never:
        return TRUE if always else FALSE
    if isinstance(right, Const) and a.within(0, 1) and right.value in (0, 1):
        # A truth value compared with a constant is itself or its negation.
        return (
            left
            if (right.value == 1) == (op is Op.EQ) and op in (Op.EQ, Op.NE)
            else (_negation(left) if op in (Op.EQ, Op.NE) else Binary(op, left, right))
        )
    return Binary(op, left, right)


def any_old(expr: Expr) -> bool:
    """True when ``expr`` reads the state before the step."""
    stack, found = [expr], False
    while stack and not found:
        item = stack.pop()
        match item:
            case Const() | Temp():
                pass
            case Read(_, index, old):
                found = old
                stack += index
            case Not(operand) | BitCount(operand):
                stack.append(operand)
            case Binary(_, left, right):
                stack += (left, right)
            case Ite(condition, then, orelse):
                stack += (condition, then, orelse)
            case Ask(_, operands):
                stack += operands
            case _:
                assert_never(item)
    return found


def without_old(expr: Expr) -> Expr:
    """``expr`` over a step that changed nothing."""
    match expr:
        case Const() | Temp():
            return expr
        case Read(variable, index):
            return Read(variable, tuple(without_old(item) for item in index))
        case Not(operand):
            return Not(without_old(operand))
        case Binary(op, left, right):
            return Binary(op, without_old(left), without_old(right))
        case Ite(condition, then, orelse):
            return Ite(without_old(condition), without_old(then), without_old(orelse))
        case BitCount(operand):
            return BitCount(without_old(operand))
        case Ask(question, operands):
            return Ask(question, tuple(map(without_old, operands)))
        case _:
            assert_never(expr)
