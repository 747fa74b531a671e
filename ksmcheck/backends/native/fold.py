"""Bounds and simplification of expressions: what is known while the C is written.

Two uses. A comparison that the types already decide disappears, and with it the code under it. And
a quotient whose operands cannot be negative is an unsigned division by a constant, which the C
compiler turns into a shift or a multiplication.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple, assert_never

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


class Bounds(NamedTuple):
    """A value is at least ``lo`` and at most ``hi``. A tuple, because so many are made."""

    lo: int = -EXTREME
    hi: int = EXTREME

    def join(self, other: Bounds) -> Bounds:
        """The smallest bounds that contain both."""
        return Bounds(min(self.lo, other.lo), max(self.hi, other.hi))

    def within(self, lo: int, hi: int) -> bool:
        """True when every value is in lo..hi."""
        return lo <= self.lo and self.hi <= hi


# An expression that is simplified, and its bounds.
Simple = tuple[Expr, Bounds]

BOOLEAN = Bounds(0, 1)
ANYTHING = Bounds()

FLIPPED = {Op.LT: Op.GT, Op.GT: Op.LT, Op.LE: Op.GE, Op.GE: Op.LE, Op.EQ: Op.EQ, Op.NE: Op.NE}
NEGATED = {Op.EQ: Op.NE, Op.NE: Op.EQ, Op.LT: Op.GE, Op.GE: Op.LT, Op.GT: Op.LE, Op.LE: Op.GT}
# Tuples, because these are asked often and an enum's hash is slow.
COMPARISONS = tuple(NEGATED)
CONNECTIVES = (Op.AND, Op.OR)
QUOTIENTS = (Op.DIV, Op.MOD)
TRUTHS = (*COMPARISONS, *CONNECTIVES)


def declared_bounds(program: Program) -> tuple[Bounds, ...]:
    """For each variable the bounds of its type."""
    return tuple(Bounds(item.type.lo, item.type.hi) for item in program.variables)


@frozen
class Facts:
    """What is known at one point: of variables by type, of some scalar ones and of temps more.

    ``memo`` remembers what became of an expression, by identity: only for expressions that live as
    long as it does.
    """

    declared: Sequence[Bounds]
    scalars: Mapping[int, Bounds] = field(factory=dict)
    temps: Mapping[int, Bounds] = field(factory=dict)
    memo: dict[int, Simple] | None = None


def bounds(expr: Expr, facts: Facts) -> Bounds:
    """Bounds of the value of ``expr``."""
    match expr:
        case Const(value):
            return Bounds(value, value)
        case Read(variable, _, old):
            if variable in facts.scalars and not old:
                return facts.scalars[variable]
            return facts.declared[variable]
        case Temp(number):
            return facts.temps.get(number, ANYTHING)
        case Binary(op, left, right):
            if op in TRUTHS:
                return BOOLEAN
            return _binary_bounds(op, bounds(left, facts), bounds(right, facts))
        case Not():
            return BOOLEAN
        case Ite(_, then, orelse):
            return bounds(then, facts).join(bounds(orelse, facts))
        case BitCount(operand):
            return _bit_count_bounds(bounds(operand, facts))
        case Ask(Compare(domain)):
            return Bounds(-1, 1) if domain.kind.ordered else BOOLEAN
        case Ask():
            return Bounds(0, LARGEST_SYMBOL)
        case _:
            assert_never(expr)


def _bit_count_bounds(operand: Bounds) -> Bounds:
    return Bounds(0, operand.hi.bit_length() if operand.lo >= 0 else 64)


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
    return _simple(expr, facts)[0]


def _simple(expr: Expr, facts: Facts) -> Simple:
    if facts.memo is None:
        return _small(expr, facts)
    if id(expr) not in facts.memo:
        facts.memo[id(expr)] = _small(expr, facts)
    return facts.memo[id(expr)]


def _small(expr: Expr, facts: Facts) -> Simple:
    match expr:
        case Const():
            return _constant(expr.value)
        case Read(variable, index, old):
            limits = bounds(expr, facts)
            if limits.lo == limits.hi:
                return _constant(limits.lo)
            if index:
                expr = Read(variable, tuple(simplify(item, facts) for item in index), old)
            return expr, limits
        case Temp():
            return _settled(expr, bounds(expr, facts))
        case Binary():
            return _chain(expr, facts)
        case Not(operand):
            return _negation(simplify(operand, facts))
        case Ite(condition, then, orelse):
            return _choice(simplify(condition, facts), then, orelse, facts)
        case BitCount(operand):
            inner, limits = _simple(operand, facts)
            if isinstance(inner, Const):
                return _constant(inner.value.bit_count())
            return _settled(BitCount(inner), _bit_count_bounds(limits))
        case Ask(question, operands):
            simple = Ask(question, tuple(simplify(item, facts) for item in operands))
            return simple, bounds(simple, facts)
        case _:
            assert_never(expr)


def _constant(value: int) -> Simple:
    return Const(value), Bounds(value, value)


def _settled(expr: Expr, limits: Bounds) -> Simple:
    """The constant, when only one value is possible."""
    return _constant(limits.lo) if limits.lo == limits.hi else (expr, limits)


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
            case Binary(op, left, Const(value)) if op in COMPARISONS:
                now = Facts(facts.declared, scalars, temps)
                limits = _narrowed(op if holds else NEGATED[op], bounds(left, now), value)
                _set_bounds(left, limits, scalars, temps)
            case Read() | Temp():
                now = Facts(facts.declared, scalars, temps)
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


def _negation(operand: Expr) -> Simple:
    match operand:
        case Const(value):
            return _constant(0 if value else 1)
        case Binary(op, left, right) if op in COMPARISONS:
            return Binary(NEGATED[op], left, right), BOOLEAN
        case Not(Not() | Binary(op=Op.AND | Op.OR) as inner):
            return inner, BOOLEAN
        case _:
            return Not(operand), BOOLEAN


def _choice(condition: Expr, then: Expr, orelse: Expr, facts: Facts) -> Simple:
    if isinstance(condition, Const):
        return _simple(then if condition.value else orelse, facts)
    yes, no = _simple(then, facts), _simple(orelse, facts)
    if yes[0] == no[0]:
        return yes
    return Ite(condition, yes[0], no[0]), yes[1].join(no[1])


def _chain(expr: Binary, facts: Facts) -> Simple:
    """Simplify a binary expression from its innermost left operand outwards."""
    spine = [expr]
    while isinstance(spine[-1].left, Binary):
        spine.append(spine[-1].left)
    result = _simple(spine[-1].left, facts)
    for item in reversed(spine):
        result = _binary(item.op, result, item.right, facts)
    return result


def _binary(op: Op, left: Simple, unsimplified: Expr, facts: Facts) -> Simple:
    if op in CONNECTIVES:
        return _connective(op, left, unsimplified, facts)
    right = _simple(unsimplified, facts)
    if isinstance(left[0], Const) and isinstance(right[0], Const):
        if not (op in QUOTIENTS and right[0].value == 0):
            return _constant(apply(op, left[0].value, right[0].value))
        return Binary(op, left[0], right[0]), ANYTHING
    if op in COMPARISONS:
        return _comparison(op, left, right)
    limits = _binary_bounds(op, left[1], right[1])
    if limits.lo == limits.hi and op not in QUOTIENTS:
        return _constant(limits.lo)  # a quotient by what may be 0 must stay where it is
    return _arithmetic(op, left[0], right[0]), limits


def _arithmetic(op: Op, left: Expr, right: Expr) -> Expr:
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


def _connective(op: Op, left: Simple, unsimplified: Expr, facts: Facts) -> Simple:
    # Lazy: the right operand is not looked at when the left decides.
    deciding = op is Op.OR
    if isinstance(left[0], Const):
        if bool(left[0].value) == deciding:
            return _constant(int(deciding))
        return _truth(_simple(unsimplified, facts))
    right = _simple(unsimplified, facts)
    if isinstance(right[0], Const) and bool(right[0].value) != deciding:
        return _truth(left)
    if left[0] == Not(right[0]) or right[0] == Not(left[0]):
        return _constant(int(deciding))
    return Binary(op, left[0], right[0]), BOOLEAN


def _truth(simple: Simple) -> Simple:
    """The expression as 0 or 1."""
    expr, limits = simple
    if limits.within(0, 1):
        return simple
    if isinstance(expr, Const):
        return _constant(int(expr.value != 0))
    return Binary(Op.NE, expr, FALSE), BOOLEAN


def _comparison(op: Op, one: Simple, other: Simple) -> Simple:
    left, a = one
    right, b = other
    if isinstance(left, Const):
        op, left, right, a, b = FLIPPED[op], right, left, b, a
    always, never = _decided(op, a, b)
    if always or never:
        return _constant(int(always))
    if left == right:
        return _constant(int(op in (Op.EQ, Op.LE, Op.GE)))
    if op in (Op.EQ, Op.NE) and a.within(0, 1) and isinstance(right, Const):
        # A truth value compared with a constant is itself or its negation.
        return (left, a) if (right.value == 1) == (op is Op.EQ) else _negation(left)
    return Binary(op, left, right), BOOLEAN


def _decided(op: Op, a: Bounds, b: Bounds) -> tuple[bool, bool]:
    """Is the comparison true, is it false, for all values within the bounds?"""
    match op:
        case Op.EQ:
            return a.lo == a.hi == b.lo == b.hi, a.hi < b.lo or b.hi < a.lo
        case Op.LT:
            return a.hi < b.lo, a.lo >= b.hi
        case Op.LE:
            return a.hi <= b.lo, a.lo > b.hi
        case _:
            never, always = _decided(NEGATED[op], a, b)
            return always, never
