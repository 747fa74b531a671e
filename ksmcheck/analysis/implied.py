"""Decides what follows of a predicate from one state to the next, when something is known of both.

A predicate has one form for both states, so it is gone through once: what reads no cell that
changes is the same before and after, and of the rest it is asked part by part whether being true
(or false) before makes it so after. Where ranges leave that open the values of a few cells are
tried one by one.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import assert_never

from attrs import define, field, frozen

from ksmcheck.analysis.certain import Certain, Known, Range
from ksmcheck.ir.expr import Ask, Binary, BitCount, Const, Expr, Ite, Not, Op, Read, Temp
from ksmcheck.ir.fold import is_truth, reads

# How many values of cells are tried to decide one question.
MOST_TRIES = 96

_ORDERS = {Op.GE: 1, Op.GT: 1, Op.LE: -1, Op.LT: -1}


@frozen
class _Case:
    """One choice of values for the cells that have been tried."""

    known: Known
    past: Known


@define
class Implied:
    """Answers questions about predicates; remembers them by the identity of the predicate."""

    certain: Certain
    _answers: dict[tuple[object, ...], bool] = field(factory=dict)
    _parts: dict[int, tuple[Expr, ...]] = field(factory=dict)
    _all_reads: dict[int, tuple[frozenset[int], tuple[Read, ...]]] = field(factory=dict)

    def true(self, predicate: Expr, known: Known) -> bool:
        """Is it true in every two states of which this is known?"""
        return self._remembered(predicate, None, known)

    def stays(self, predicate: Expr, value: bool, known: Known) -> bool:
        """Is a predicate over one state surely ``value`` after, when it was before?"""
        return self._remembered(predicate, value, known)

    def stutters(self, predicate: Expr) -> bool:
        """Is a predicate over steps true of every step that changes nothing?"""
        return self._decided(predicate, None, Known({}), [1000])

    def _remembered(self, predicate: Expr, value: bool | None, known: Known) -> bool:
        about = self._about(predicate, known)
        key = id(predicate), value, about.key_of_all()
        if key not in self._answers:
            self._answers[key] = self._decided(predicate, value, about, [MOST_TRIES])
        return self._answers[key]

    def _about(self, predicate: Expr, known: Known) -> Known:
        """What of ``known`` can matter to ``predicate``."""
        cells = set(self.certain.cells(predicate))
        becomes = {cell: known.becomes[cell] for cell in cells & known.becomes.keys()}
        for value in becomes.values():
            cells |= self.certain.cells(value)
        conditions = tuple(
            one for one in known.conditions if not self.certain.cells(one).isdisjoint(cells)
        )
        for one in conditions:
            cells |= self.certain.cells(one)
        facts = {c: r for c, r in known.facts.items() if (c if c >= 0 else ~c) in cells}
        return Known(facts, known.changed & cells, becomes, conditions)

    def _decided(self, predicate: Expr, value: bool | None, known: Known, left: list[int]) -> bool:
        """Is it so, as far as few tries, ``left[0]`` of them, can tell? None: is it true?"""
        if any(self.certain.range(one, known) == (0, 0) for one in known.conditions):
            return True  # there is no such step
        open_keys: set[int] = set()
        if value is None:
            if _truth(self.certain.range(predicate, known)) is True:
                return True
            open_keys.update(self._open(predicate, known))
        elif self._follows(predicate, value, _Case(known, known.past()), open_keys):
            return True
        sizes = [(hi - lo, key) for key in open_keys for lo, hi in [self.certain.of(key, known)]]
        size, key = min((item for item in sizes if item[0] > 0), default=(0, 0))
        left[0] -= size + 1
        if size == 0 or left[0] < 0:
            return False
        lo, hi = self.certain.of(key, known)
        return all(
            self._decided(predicate, value, known.given(key, number), left)
            for number in range(lo, hi + 1)
        )

    def _follows(self, expr: Expr, value: bool, case: _Case, open_keys: set[int]) -> bool:
        """Is ``expr`` surely ``value`` after if it was before? If not, cells that might tell."""
        if self._unchanged(expr, case):
            return True
        match expr:
            case Not(operand):
                return self._follows(operand, not value, case, open_keys)
            case Binary(Op.AND | Op.OR as op):
                return self._all_follow(op, self._flat(expr, op), value, case, open_keys)
            case Ite(condition, then, orelse) if self._unchanged(condition, case):
                if self._each_follows((then, orelse), value, case, open_keys):
                    return True
            case Binary(Op.GE | Op.GT | Op.LE | Op.LT | Op.EQ | Op.NE as op, left, right):
                if self._keeps(op, left, right, value, case):
                    return True
        if self._is(expr, value, case.known) or self._is(expr, not value, case.past):
            return True
        open_keys.update(self._openings(expr, case))
        return False

    def _all_follow(
        self, op: Op, parts: tuple[Expr, ...], value: bool, case: _Case, open_keys: set[int]
    ) -> bool:
        found: set[int] = set()
        if self._each_follows(parts, value, case, found):
            return True
        if value is (op is Op.OR):  # one that is so is enough
            decided = any(self._is(item, value, case.known) for item in parts)
        else:  # all of them were so
            decided = any(self._is(item, not value, case.past) for item in parts)
        if not decided:
            open_keys |= found
        return decided

    def _each_follows(
        self, parts: Iterable[Expr], value: bool, case: _Case, open_keys: set[int]
    ) -> bool:
        # Not all(): the cells of each part that does not follow are wanted.
        return sum([not self._follows(item, value, case, open_keys) for item in parts]) == 0

    def _keeps(self, op: Op, left: Expr, right: Expr, value: bool, case: _Case) -> bool:
        """Does the comparison stay ``value``, by how much its two sides may move?"""
        (a, b), (c, d) = self._moved(left, case), self._moved(right, case)
        least, most = a - d, b - c
        if least == most == 0:
            return True
        way = _ORDERS.get(op, 0) if value else -_ORDERS.get(op, 0)
        return least >= 0 if way > 0 else way < 0 and most <= 0

    def _moved(self, expr: Expr, case: _Case) -> Range:
        """The least and the most by which ``expr`` is greater after than before."""
        if self._unchanged(expr, case):
            return 0, 0
        (a, b), (c, d) = self.certain.range(expr, case.past), self.certain.range(expr, case.known)
        least, most = c - b, d - a
        match expr:
            case Binary(Op.ADD | Op.SUB as op, left, right):
                (a, b), (c, d) = self._moved(left, case), self._moved(right, case)
                sums = (a + c, b + d) if op is Op.ADD else (a - d, b - c)
                return max(least, sums[0]), min(most, sums[1])
            case Read():
                by = self._added(expr, case.known)
                return (least, most) if by is None else (by, by)
            case Ite(condition, Const(one), Const(other)) if one >= other:
                pass
            case _ if is_truth(expr):
                condition, one, other = expr, 1, 0
            case _:
                return least, most
        if least < 0 and self._follows(condition, True, case, set()):
            least = 0
        if most > 0 and self._follows(condition, False, case, set()):
            most = 0
        return least, most

    def _added(self, read: Read, known: Known) -> int | None:
        """What is added to the cell that is read, if it is surely that."""
        places = list(self.certain.places(read.variable, read.index, known))
        stored = known.becomes.get(places[0]) if len(places) == 1 else None
        match stored:
            case Binary(Op.ADD | Op.SUB as op, Read(variable, index), Const(number)):
                same = list(self.certain.places(variable, index, known)) == places
                return (number if op is Op.ADD else -number) if same else None
            case _:
                return None

    def _is(self, expr: Expr, value: bool, known: Known) -> bool:
        return _truth(self.certain.range(expr, known)) is value

    def _unchanged(self, expr: Expr, case: _Case) -> bool:
        """Is it surely the same before and after?"""
        changed = case.known.changed
        if self.certain.cells(expr).isdisjoint(changed):
            return True
        fixed, moving = self._reads(expr)
        return fixed.isdisjoint(changed) and all(
            changed.isdisjoint(self.certain.places(read.variable, read.index, known))
            for read in moving
            for known in (case.past, case.known)
        )

    def _reads(self, expr: Expr) -> tuple[frozenset[int], tuple[Read, ...]]:
        """The cells that ``expr`` reads whatever the state, and its other reads."""
        if id(expr) not in self._all_reads:
            every = dict.fromkeys(reads(expr))
            moving = tuple(r for r in every if not all(isinstance(i, Const) for i in r.index))
            fixed = frozenset[int]().union(
                *(self.certain.cells(r) for r in every if r not in moving)
            )
            self._all_reads[id(expr)] = fixed, moving
        return self._all_reads[id(expr)]

    def _flat(self, expr: Expr, op: Op) -> tuple[Expr, ...]:
        """The operands of nested ``op``."""
        if id(expr) not in self._parts:
            self._parts[id(expr)] = tuple(_operands(expr, op))
        return self._parts[id(expr)]

    def _openings(self, expr: Expr, case: _Case) -> Iterator[int]:
        """Where facts about cells that change in ``expr``, or about what they become, would be."""
        known = case.known
        fixed, moving = self._reads(expr)
        found = set(fixed & known.changed)
        for read in moving:
            places = known.changed.intersection(
                self.certain.places(read.variable, read.index, known)
            )
            found |= places
            for item in read.index if places else ():
                for cell in self.certain.cells(item):
                    yield known.key(cell, old=True)
        for cell in found:
            yield ~cell
            if cell not in known.becomes:
                yield cell
            else:
                for other in self.certain.cells(known.becomes[cell]):
                    yield known.key(other, old=True)

    def _open(self, expr: Expr, known: Known) -> Iterable[int]:
        """A cell whose value decides ``expr``, with others; none when it is not known which."""
        match expr:
            case Read(variable, index, old):
                for item in index:
                    if not _fixed(self.certain.range(item, known)):
                        return self._open(item, known)
                cells = list(self.certain.places(variable, index, known))
                if len(cells) != 1:
                    return ()
                key = known.key(cells[0], old)
                return self._open(known.becomes[key], known) if key in known.becomes else (key,)
            case Const() | Temp() | Ask():
                return ()
            case Not(operand) | BitCount(operand):
                return self._open(operand, known)
            case Binary(_, left, right):
                first = left if not _fixed(self.certain.range(left, known)) else right
                return self._open(first, known)
            case Ite(condition, then, orelse):
                which = self.certain.range(condition, known)
                if which == (0, 0):
                    return self._open(orelse, known)
                return self._open(then if _truth(which) else condition, known)
            case _:
                assert_never(expr)


def _operands(expr: Expr, op: Op) -> Iterator[Expr]:
    if isinstance(expr, Binary) and expr.op is op:
        yield from _operands(expr.left, op)
        yield from _operands(expr.right, op)
    else:
        yield expr


def _fixed(known: Range) -> bool:
    return known[0] == known[1]


def _truth(known: Range) -> bool | None:
    """True or False where a number in this range surely is one of them."""
    if known == (0, 0):
        return False
    return True if known[0] > 0 or known[1] < 0 else None
