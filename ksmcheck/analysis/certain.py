"""What is certain of a predicate when something is known of a few cells: interval arithmetic.

Of a cell that nothing is known of, the value may be any of its type.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import product
from typing import assert_never

from attrs import define, field

from ksmcheck.analysis.footprint import Footprint
from ksmcheck.ir.expr import Ask, Binary, BitCount, Const, Expr, Ite, Not, Op, Read, Temp
from ksmcheck.ir.program import Program

Range = tuple[int, int]
Facts = Mapping[int, Range]

# Wider than anything that a shift or a product of numbers of the language gives.
UNKNOWN: Range = (-(1 << 100), 1 << 100)
MAYBE: Range = (0, 1)


@define
class Certain:
    """Ranges of expressions over states of ``program``; facts are about cells of the flat state."""

    program: Program
    offsets: tuple[int, ...] = field(init=False)
    footprint: Footprint = field(init=False)
    # By the identity of predicates, which the program keeps alive: hashing one costs as much.
    _cells: dict[int, frozenset[int]] = field(factory=dict)
    _known: dict[tuple[int, tuple[tuple[int, Range], ...]], bool] = field(factory=dict)

    def __attrs_post_init__(self) -> None:
        self.offsets = self.program.offsets()
        self.footprint = Footprint(self.program)

    def true(self, predicate: Expr, facts: Facts) -> bool:
        """Is it true in every state of which the facts are true?"""
        seen = self.cells(predicate)
        key = id(predicate), tuple(sorted((c, known) for c, known in facts.items() if c in seen))
        if not key[1]:
            return False  # but for one that is true in every state, which is not worth a look
        if key not in self._known:
            lo, hi = self.range(predicate, facts)
            self._known[key] = lo > 0 or hi < 0
        return self._known[key]

    def cells(self, expr: Expr) -> frozenset[int]:
        """The cells that decide the value of ``expr``, in the state before and after alike."""
        if id(expr) not in self._cells:
            self._cells[id(expr)] = self.footprint.reads(expr)
        return self._cells[id(expr)]

    def places(self, variable: int, index: tuple[Expr, ...], facts: Facts) -> Iterator[int]:
        """The cells that ``variable[index]`` may be."""
        declared = self.program.variables[variable]
        ranges: list[range] = []
        for item, size in zip(index, declared.dims, strict=True):
            lo, hi = (0, size - 1) if not isinstance(item, Const) else (item.value, item.value)
            if facts and not isinstance(item, Const):
                known = self.range(item, facts)
                lo, hi = max(lo, known[0]), min(hi, known[1])
            ranges.append(range(lo, hi + 1))
        for numbers in product(*ranges):
            cell = 0
            for number, size in zip(numbers, declared.dims, strict=True):
                cell = cell * size + number
            yield self.offsets[variable] + cell

    def range(self, expr: Expr, facts: Facts) -> Range:
        """The lowest and the highest value that ``expr`` can have; a wider range is right, too."""
        match expr:
            case Const(value):
                return value, value
            case Read(_, _, True) | Temp() | Ask():
                return UNKNOWN
            case Read(variable, index):
                kind = self.program.variables[variable].type
                known = [
                    facts.get(cell, (kind.lo, kind.hi))
                    for cell in self.places(variable, index, facts)
                ]
                return _hull(known) if known else (kind.lo, kind.hi)
            case Not(operand):
                lo, hi = self.range(operand, facts)
                return _verdict(lo == hi == 0, lo > 0 or hi < 0)
            case Ite(condition, then, orelse):
                lo, hi = self.range(condition, facts)
                if lo == hi == 0:
                    return self.range(orelse, facts)
                if lo > 0 or hi < 0:
                    return self.range(then, facts)
                return _hull([self.range(then, facts), self.range(orelse, facts)])
            case Binary(op, left, right):
                return self._binary(op, left, right, facts)
            case BitCount():
                return 0, UNKNOWN[1]
            case _:
                assert_never(expr)

    def _binary(self, op: Op, left: Expr, right: Expr, facts: Facts) -> Range:
        one = self.range(left, facts)
        if op in (Op.AND, Op.OR):
            decided = one == (0, 0) if op is Op.AND else one[0] > 0 or one[1] < 0
            if decided:
                return (0, 0) if op is Op.AND else (1, 1)
        two = self.range(right, facts)
        (a, b), (c, d) = one, two
        match op:
            case Op.ADD:
                return a + c, b + d
            case Op.SUB:
                return a - d, b - c
            case Op.MUL:
                corners = (a * c, a * d, b * c, b * d)
                return min(corners), max(corners)
            case Op.EQ:
                return _verdict(a == b == c == d, b < c or d < a)
            case Op.NE:
                return _verdict(b < c or d < a, a == b == c == d)
            case Op.LT:
                return _verdict(b < c, a >= d)
            case Op.LE:
                return _verdict(b <= c, a > d)
            case Op.GT:
                return _verdict(a > d, b <= c)
            case Op.GE:
                return _verdict(a >= d, b < c)
            case Op.AND:
                return _verdict(_sure(one) and _sure(two), two == (0, 0))
            case Op.OR:
                return _verdict(_sure(two), one == two == (0, 0))
            case Op.MOD if a >= 0 and c > 0:
                return (a, b) if b < c else (0, min(b, d - 1))
            case Op.DIV if a >= 0 and c > 0:
                return a // d, b // c
            case Op.BITAND if a >= 0 and c >= 0:
                return (a & c, a & c) if a == b and c == d else (0, min(b, d))
            case _:
                return UNKNOWN


def _sure(known: Range) -> bool:
    return known[0] > 0 or known[1] < 0


def _verdict(true: bool, false: bool) -> Range:
    return (1, 1) if true else (0, 0) if false else MAYBE


def _hull(known: list[Range]) -> Range:
    return min(lo for lo, _ in known), max(hi for _, hi in known)
