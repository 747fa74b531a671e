"""What is certain of a predicate when something is known of a few cells: interval arithmetic.

Of a cell that nothing is known of, the value may be any that the cell ever holds (``limits``).
Where that does not decide, the values of cells are tried one by one, as long as there are few.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import product
from typing import assert_never

from attrs import define, field

from ksmcheck.analysis.footprint import Footprint
from ksmcheck.ir.expr import Ask, Binary, BitCount, Const, Expr, Ite, Not, Op, Read, Temp
from ksmcheck.ir.fold import rewrite
from ksmcheck.ir.program import Program

Range = tuple[int, int]
# By the cell; what is known of cell c in the state before is under ~c.
Facts = Mapping[int, Range]

# Wider than anything that a shift or a product of numbers of the language gives.
UNKNOWN: Range = (-(1 << 100), 1 << 100)
MAYBE: Range = (0, 1)

# How often a predicate is looked at with more known than before, to decide it.
MOST_TRIES = 40


@define
class Certain:
    """Ranges of expressions over states of ``program``; facts are about cells of the flat state.

    ``limits`` are the lowest and the highest value that each cell ever holds.
    """

    program: Program
    limits: tuple[Range, ...]
    offsets: tuple[int, ...] = field(init=False)
    footprint: Footprint = field(init=False)
    # By the identity of predicates, which the program keeps alive: hashing one costs as much.
    _cells: dict[int, frozenset[int]] = field(factory=dict)
    _known: dict[tuple[int, tuple[tuple[int, Range], ...]], bool] = field(factory=dict)
    _still: dict[tuple[int, frozenset[int]], Expr] = field(factory=dict)

    def __attrs_post_init__(self) -> None:
        self.offsets = self.program.offsets()
        self.footprint = Footprint(self.program)

    def true(self, predicate: Expr, facts: Facts) -> bool:
        """Is it true in every state of which the facts are true?"""
        seen = self.cells(predicate)
        about = [(c, known) for c, known in facts.items() if c in seen or ~c in seen]
        key = id(predicate), tuple(sorted(about))
        if key not in self._known:
            self._known[key] = self._decided(predicate, dict(about), [MOST_TRIES])
        return self._known[key]

    def _decided(self, predicate: Expr, facts: Facts, left: list[int]) -> bool:
        """Is it true, as far as few tries, ``left[0]`` of them, can tell?"""
        lo, hi = self.range(predicate, facts)
        if lo > 0 or hi < 0 or lo == hi:
            return lo != 0 or hi != 0
        cell = self._open(predicate, facts)
        if cell is None:
            return False
        lo, hi = self._of_cell(cell, facts)
        left[0] -= hi - lo + 1
        return (
            lo < hi
            and left[0] >= 0
            and all(
                self._decided(predicate, {**facts, cell: (value, value)}, left)
                for value in range(lo, hi + 1)
            )
        )

    def _open(self, expr: Expr, facts: Facts) -> int | None:
        """A cell whose value decides ``expr``, with others; None when it is not known which."""
        match expr:
            case Read(variable, index, old):
                for item in index:
                    if not _fixed(self.range(item, facts)):
                        return self._open(item, facts)
                cells = list(self.places(variable, index, facts))
                return None if len(cells) != 1 else ~cells[0] if old else cells[0]
            case Const() | Temp() | Ask():
                return None
            case Not(operand) | BitCount(operand):
                return self._open(operand, facts)
            case Binary(_, left, right):
                first = left if not _fixed(self.range(left, facts)) else right
                return self._open(first, facts)
            case Ite(condition, then, orelse):
                known = self.range(condition, facts)
                if known == (0, 0):
                    return self._open(orelse, facts)
                return self._open(then if _sure(known) else condition, facts)
            case _:
                assert_never(expr)

    def _of_cell(self, cell: int, facts: Facts) -> Range:
        return facts.get(cell, self.limits[cell if cell >= 0 else ~cell])

    def stutters(self, predicate: Expr) -> bool:
        """Is a predicate over steps true of every step that changes nothing?"""
        return self.true(self.still(predicate, frozenset()), {})

    def still(self, predicate: Expr, touched: frozenset[int]) -> Expr:
        """The predicate for steps that change none but the ``touched`` cells.

        What it reads of the others in the state before, it reads in the one after.
        """
        key = id(predicate), touched & self.cells(predicate)
        if key not in self._still:

            def leaf(item: Read | Temp) -> Expr:
                if isinstance(item, Temp) or not item.old:
                    return item
                if touched.isdisjoint(self.places(item.variable, item.index, {})):
                    return Read(item.variable, item.index)
                return item

            self._still[key] = rewrite(predicate, leaf)
        return self._still[key]

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
            case Temp() | Ask():
                return UNKNOWN
            case Read(variable, index, old):
                known = [
                    self._of_cell(~cell if old else cell, facts)
                    for cell in self.places(variable, index, facts)
                ]
                kind = self.program.variables[variable].type
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


def _fixed(known: Range) -> bool:
    return known[0] == known[1]


def _sure(known: Range) -> bool:
    return known[0] > 0 or known[1] < 0


def _verdict(true: bool, false: bool) -> Range:
    return (1, 1) if true else (0, 0) if false else MAYBE


def _hull(known: list[Range]) -> Range:
    return min(lo for lo, _ in known), max(hi for _, hi in known)
