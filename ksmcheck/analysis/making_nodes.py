"""Makes the nodes of expressions (nodes.py), equal ones once."""

from __future__ import annotations

from collections.abc import Callable
from typing import assert_never

from attrs import define, field

from ksmcheck.analysis.footprint import cells
from ksmcheck.analysis.nodes import (
    MAYBE,
    NO,
    UNKNOWN,
    YES,
    Asking,
    Both,
    Cell,
    Counting,
    Either,
    Fixed,
    Joined,
    Known,
    Negation,
    Node,
    Range,
    Reading,
    mask,
)
from ksmcheck.ir.expr import Ask, Binary, BitCount, Const, Expr, Ite, Not, Op, Read, Temp
from ksmcheck.ir.program import Program
from ksmcheck.ir.types import ConditionType


@define(eq=False)
class Nodes:
    """The nodes of expressions over the states of one program."""

    program: Program
    offsets: tuple[int, ...] = field(init=False)
    _conditions: int = field(init=False)
    # By the identity of expressions, which are kept alive: hashing one costs much.
    _of: dict[int, tuple[Expr, Node]] = field(factory=dict)
    # By class, what else there is to it, and operands, which are nodes.
    _same: dict[tuple[object, ...], Node] = field(factory=dict)
    _nothing: Known = field(factory=lambda: Known((), {}))

    def __attrs_post_init__(self) -> None:
        self.offsets = self.program.offsets()
        self._conditions = mask(
            self.offsets[number]
            for number, variable in enumerate(self.program.variables)
            if isinstance(variable.type, ConditionType)
        )

    def of(self, expr: Expr) -> Node:
        """The node of an expression."""
        if isinstance(expr, Const):
            return self._fixed((expr.value, expr.value))
        found = self._of.get(id(expr))
        if found is None:
            found = self._of[id(expr)] = expr, self._made(expr)
        return found[1]

    def _made(self, expr: Expr) -> Node:
        match expr:
            case Const(value):
                return self._fixed((value, value))
            case Temp():
                return self._fixed(UNKNOWN)
            case Read():
                return self._read(expr)
            case Not(operand):
                return self._joined(Negation, (operand,))
            case BitCount(operand):
                return self._joined(Counting, (operand,))
            case Ite(condition, then, orelse):
                return self._joined(Either, (condition, then, orelse))
            case Binary(Op.AND | Op.OR as op, left, right):
                return self._joined(Both, (left, right), op is Op.OR)
            case Binary(op, left, right):
                return self._joined(Joined, (left, right), op, _JOINS.get(op, _anything))
            case Ask(_, operands):
                return self._joined(Asking, operands, cells=self._conditions)
            case _:
                assert_never(expr)

    def _fixed(self, bounds: Range) -> Node:
        key = Fixed, bounds
        if key not in self._same:
            self._same[key] = Fixed(0, 0, (), bounds)
        return self._same[key]

    def _joined(
        self, kind: Callable[..., Node], operands: tuple[Expr, ...], *given: object, cells: int = 0
    ) -> Node:
        """``given``: what a node of this kind has before its operands."""
        parts = tuple(map(self.of, operands))
        key = kind, given, parts
        if key not in self._same:
            fixed, moving = 0, dict[Reading, None]()
            for part in parts:
                cells |= part.cells
                fixed |= part.fixed
                moving |= dict.fromkeys(part.moving)
            shown = (parts,) if kind is Asking else parts
            node = kind(cells, fixed, tuple(moving), *given, *shown)
            # What no cell decides is found now: whoever looks for its range need not look at cells.
            self._same[key] = node if cells else self._fixed(node.ranged(self._nothing))
        return self._same[key]

    def _read(self, expr: Read) -> Node:
        declared, parts = self.program.variables[expr.variable], tuple(map(self.of, expr.index))
        key = Read, expr.variable, expr.old, parts
        if key in self._same:
            return self._same[key]
        kind, first = declared.type, self.offsets[expr.variable]
        bounds, index = (kind.lo, kind.hi), tuple(zip(parts, declared.dims, strict=True))
        found = cells(self.program, self.offsets, expr.variable, expr.index)
        seen = mask(cell for cell in found if cell >= 0)
        outside = any(
            isinstance(item, Const) and not 0 <= item.value < size
            for item, size in zip(expr.index, declared.dims, strict=True)
        )
        node: Node
        if outside:  # nobody gets there
            node = self._fixed(bounds)
        elif not all(isinstance(item, Const) for item in expr.index):
            fixed, moving = 0, dict[Reading, None]()
            for part in parts:
                seen |= part.cells
                fixed |= part.fixed
                moving |= dict.fromkeys(part.moving)
            node = mine = Reading(seen, fixed, (), first, expr.old, bounds, index)
            mine.moving = (mine, *moving)
        else:
            node = Cell(seen, seen, (), found[0], expr.old, bounds, ())
        self._same[key] = node
        return node


def _sum(one: Range, two: Range) -> Range:
    return one[0] + two[0], one[1] + two[1]


def _difference(one: Range, two: Range) -> Range:
    return one[0] - two[1], one[1] - two[0]


def _product(one: Range, two: Range) -> Range:
    (a, b), (c, d) = one, two
    corners = (a * c, a * d, b * c, b * d)
    return min(corners), max(corners)


def _equal(one: Range, two: Range) -> Range:
    (a, b), (c, d) = one, two
    return NO if b < c or d < a else YES if a == b == c == d else MAYBE


def _unequal(one: Range, two: Range) -> Range:
    (a, b), (c, d) = one, two
    return YES if b < c or d < a else NO if a == b == c == d else MAYBE


def _below(one: Range, two: Range) -> Range:
    return YES if one[1] < two[0] else NO if one[0] >= two[1] else MAYBE


def _at_most(one: Range, two: Range) -> Range:
    return YES if one[1] <= two[0] else NO if one[0] > two[1] else MAYBE


def _above(one: Range, two: Range) -> Range:
    return YES if one[0] > two[1] else NO if one[1] <= two[0] else MAYBE


def _at_least(one: Range, two: Range) -> Range:
    return YES if one[0] >= two[1] else NO if one[1] < two[0] else MAYBE


def _rest(one: Range, two: Range) -> Range:
    (a, b), (c, d) = one, two
    if a < 0 or c <= 0:
        return UNKNOWN
    return (a, b) if b < c else (0, min(b, d - 1))


def _quotient(one: Range, two: Range) -> Range:
    (a, b), (c, d) = one, two
    return (a // d, b // c) if a >= 0 and c > 0 else UNKNOWN


def _common_bits(one: Range, two: Range) -> Range:
    (a, b), (c, d) = one, two
    if a < 0 or c < 0:
        return UNKNOWN
    return (a & c, a & c) if a == b and c == d else (0, min(b, d))


def _anything(one: Range, two: Range) -> Range:
    return UNKNOWN


_JOINS = {
    Op.ADD: _sum,
    Op.SUB: _difference,
    Op.MUL: _product,
    Op.EQ: _equal,
    Op.NE: _unequal,
    Op.LT: _below,
    Op.LE: _at_most,
    Op.GT: _above,
    Op.GE: _at_least,
    Op.MOD: _rest,
    Op.DIV: _quotient,
    Op.BITAND: _common_bits,
}
