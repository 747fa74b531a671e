"""What is certain of an expression when something is known of a few cells: interval arithmetic.

Of a cell that nothing is known of, the value may be any that the cell ever holds (``limits``).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import chain, product
from types import UnionType
from typing import assert_never

from attrs import define, evolve, field, frozen

from ksmcheck.analysis.footprint import Footprint
from ksmcheck.ir.expr import Ask, Binary, BitCount, Const, Expr, Ite, Not, Op, Read, Temp
from ksmcheck.ir.program import Program
from ksmcheck.ir.types import ConditionType, LockType, SymbolType

Range = tuple[int, int]
Facts = Mapping[int, Range]

# Wider than anything that a shift or a product of numbers of the language gives.
UNKNOWN: Range = (-(1 << 100), 1 << 100)
MAYBE: Range = (0, 1)


_OPPOSITE = {
    Op.EQ: Op.NE,
    Op.NE: Op.EQ,
    Op.LT: Op.GE,
    Op.GE: Op.LT,
    Op.GT: Op.LE,
    Op.LE: Op.GT,
}


@frozen
class Known:
    """What is known of two states, of which one follows the other.

    ``changed`` are the cells that may differ. What is known of cell c in the state before is under
    ~c if it is one of them, and under c otherwise, like what is known of it in the state after.
    ``becomes``: what some of the changed cells become; ``conditions``: what is true. Both are over
    the state before, all that they read is ``old``.
    """

    facts: Facts
    changed: frozenset[int] = frozenset()
    becomes: Mapping[int, Expr] = field(factory=dict)
    conditions: tuple[Expr, ...] = ()
    # What reads none of the cells ``more`` has the range that it has given ``base``.
    base: Known | None = field(default=None, eq=False)
    more: frozenset[int] = field(eq=False)
    ranges: dict[int, Range] = field(init=False, factory=dict, eq=False)

    @more.default
    def _every(self) -> frozenset[int]:
        return frozenset(key if key >= 0 else ~key for key in (*self.facts, *self.becomes))

    def key(self, cell: int, old: bool) -> int:
        """Under what facts about a cell are found."""
        return ~cell if old and cell in self.changed else cell

    def given(self, key: int, value: int) -> Known:
        """When in addition this is so."""
        cell = key if key >= 0 else ~key
        facts, more = {**self.facts, key: (value, value)}, frozenset((cell, *self.becomes))
        return evolve(self, facts=facts, base=self, more=more)

    def past(self) -> Known:
        """What is known of the state before alone."""
        about = {c: r for c, r in self.facts.items() if c not in self.changed}
        return Known({c if c >= 0 else ~c: r for c, r in about.items()})

    def key_of_all(self) -> tuple[object, ...]:
        """Equal for equal knowledge."""
        facts, becomes = sorted(self.facts.items()), sorted(self.becomes.items(), key=_first)
        return tuple(facts), self.changed, tuple(becomes), self.conditions


def _first(item: tuple[int, Expr]) -> int:
    return item[0]


NOTHING = Known({})


@define
class Certain:
    """Ranges of expressions over states of ``program``; facts are about cells of the flat state.

    ``limits`` are the lowest and the highest value that each cell ever holds.
    """

    program: Program
    limits: tuple[Range, ...]
    offsets: tuple[int, ...] = field(init=False)
    footprint: Footprint = field(init=False)
    every: frozenset[int] = field(init=False)
    _locks: frozenset[int] = field(init=False)
    _symbolic: frozenset[int] = field(init=False)
    # By the identity of expressions, which are kept alive: hashing one costs much.
    _cells: dict[int, tuple[Expr, frozenset[int]]] = field(factory=dict)
    _nothing: Known = field(factory=lambda: Known({}))

    def __attrs_post_init__(self) -> None:
        self.offsets = self.program.offsets()
        self.footprint = Footprint(self.program)
        self.every = frozenset(range(len(self.limits)))
        self._locks = frozenset(self._of_type(LockType))
        self._symbolic = frozenset(self._of_type(SymbolType | ConditionType))

    def _of_type(self, kind: type | UnionType) -> Iterator[int]:
        for number, variable in enumerate(self.program.variables):
            if isinstance(variable.type, kind):
                yield from range(self.offsets[number], self.offsets[number] + variable.cells)

    def is_symbolic(self, cell: int) -> bool:
        """Does it hold the number of a symbol, or what is known of symbols?"""
        return cell in self._symbolic

    def of(self, key: int, known: Known) -> Range:
        """The range of a cell in the state after, or before: see ``Known``."""
        lo, hi = known.facts.get(key, self.limits[key if key >= 0 else ~key])
        if key in known.becomes:
            least, most = self.range(known.becomes[key], known)
            if max(lo, least) <= min(hi, most):
                return max(lo, least), min(hi, most)
        return lo, hi

    def unlocked(self, facts: Facts) -> dict[int, Range]:
        """The facts that are not about locks."""
        return {cell: known for cell, known in facts.items() if cell not in self._locks}

    def learn(self, fact: Expr, value: bool, facts: dict[int, Range]) -> None:
        """Add to ``facts`` what they say of single cells if ``fact`` is true, or false.

        ``fact`` is about the state that ``facts`` are about.
        """
        match fact:
            case Not(operand):
                self.learn(operand, not value, facts)
            case Binary(Op.AND, left, right) if value:
                self.learn(left, True, facts)
                self.learn(right, True, facts)
            case Binary(Op.OR, left, right) if not value:
                self.learn(left, False, facts)
                self.learn(right, False, facts)
            case Binary(op, Read() as read, Const(number)) if op in _OPPOSITE:
                self._narrow(read, op if value else _OPPOSITE[op], number, facts)
            case Read():
                self._narrow(fact, Op.NE if value else Op.EQ, 0, facts)

    def _narrow(self, read: Read, op: Op, number: int, facts: dict[int, Range]) -> None:
        cells = list(self.places(read.variable, read.index, Known(facts)))
        kind = self.program.variables[read.variable].type
        if len(cells) != 1 or isinstance(kind, SymbolType | ConditionType):
            return  # symbols are numbered anew at the end of a step
        lo, hi = self.of(cells[0], Known(facts))
        match op:
            case Op.EQ:
                lo, hi = max(lo, number), min(hi, number)
            case Op.NE:
                lo, hi = lo + (lo == number), hi - (hi == number)
            case Op.LT | Op.LE:
                hi = min(hi, number - (op is Op.LT))
            case _:
                lo = max(lo, number + (op is Op.GT))
        if lo <= hi:
            facts[cells[0]] = (lo, hi)

    def cells(self, expr: Expr) -> frozenset[int]:
        """The cells that decide the value of ``expr``, in the state before and after alike."""
        found = self._cells.get(id(expr))
        if found is None:
            found = self._cells[id(expr)] = expr, self.footprint.reads(expr)
        return found[1]

    def places(self, variable: int, index: tuple[Expr, ...], known: Known) -> Iterator[int]:
        """The cells that ``variable[index]`` may be."""
        declared = self.program.variables[variable]
        if len(index) == 1 and isinstance(index[0], Const):
            if 0 <= index[0].value < declared.dims[0]:
                yield self.offsets[variable] + index[0].value
            return
        ranges: list[range] = []
        for item, size in zip(index, declared.dims, strict=True):
            lo, hi = (0, size - 1) if not isinstance(item, Const) else (item.value, item.value)
            if not isinstance(item, Const):
                least, most = self.range(item, known)
                lo, hi = max(lo, least), min(hi, most)
            ranges.append(range(lo, hi + 1))
        for numbers in product(*ranges):
            cell = 0
            for number, size in zip(numbers, declared.dims, strict=True):
                cell = cell * size + number
            yield self.offsets[variable] + cell

    def range(self, expr: Expr, known: Known) -> Range:
        """The lowest and the highest value that ``expr`` can have; a wider range is right, too."""
        match expr:
            case Const(value):
                return value, value
            case Temp() | Ask():
                return UNKNOWN
            case Read(variable, (), old):
                return self.of(known.key(self.offsets[variable], old), known)
        seen = self.cells(expr)
        while known is not self._nothing and known.more.isdisjoint(seen):
            known = self._nothing if known.base is None else known.base
        if id(expr) not in known.ranges:
            known.ranges[id(expr)] = self._range(expr, known)
        return known.ranges[id(expr)]

    def _range(self, expr: Expr, known: Known) -> Range:
        match expr:
            case Const() | Temp() | Ask():
                return UNKNOWN
            case Read(variable, index, old):
                found = [
                    self.of(known.key(cell, old), known)
                    for cell in self.places(variable, index, known)
                ]
                kind = self.program.variables[variable].type
                return hull(found) if found else (kind.lo, kind.hi)
            case Not(operand):
                lo, hi = self.range(operand, known)
                return _verdict(lo == hi == 0, lo > 0 or hi < 0)
            case Ite(condition, then, orelse):
                lo, hi = self.range(condition, known)
                if lo == hi == 0:
                    return self.range(orelse, known)
                if lo > 0 or hi < 0:
                    return self.range(then, known)
                return hull([self.range(then, known), self.range(orelse, known)])
            case Binary(op, left, right):
                return self._binary(op, left, right, known)
            case BitCount():
                return 0, UNKNOWN[1]
            case _:
                assert_never(expr)

    def _binary(self, op: Op, left: Expr, right: Expr, known: Known) -> Range:
        one = self.range(left, known)
        if op in (Op.AND, Op.OR):
            decided = one == (0, 0) if op is Op.AND else one[0] > 0 or one[1] < 0
            if decided:
                return (0, 0) if op is Op.AND else (1, 1)
        two = self.range(right, known)
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


def declared(program: Program) -> tuple[Range, ...]:
    """The range of each cell's type."""
    every = (((v.type.lo, v.type.hi),) * v.cells for v in program.variables)
    return tuple(chain.from_iterable(every))


def hull(known: list[Range]) -> Range:
    """The least range that has all of these in it."""
    return min(lo for lo, _ in known), max(hi for _, hi in known)
