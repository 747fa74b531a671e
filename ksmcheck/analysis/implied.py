"""Decides what follows of a predicate from one state to the next, when something is known of both.

A predicate has one form for both states, so it is gone through once: what reads no cell that
changes is the same before and after, and of the rest it is asked part by part whether being true
(or false) before makes it so after. Where ranges leave that open the values of a few cells are
tried one by one.

Many questions are asked, and most have been asked before of a part: of the parts that do not read
the cell that is tried, or by another step of which the same is known where it matters. So answers
are kept with what was known, which is one object for equal knowledge.
"""

from __future__ import annotations

from collections.abc import Iterator

from attrs import define, field

from ksmcheck.analysis.certain import Certain
from ksmcheck.analysis.nodes import (
    Asking,
    Both,
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
from ksmcheck.ir.expr import Expr, Op

# How many values of cells are tried to decide one question.
MOST_TRIES = 96

_ORDERS = {Op.GE: 1, Op.GT: 1, Op.LE: -1, Op.LT: -1, Op.EQ: 0, Op.NE: 0}

# Whether it follows, and of what more should be known to tell: see ``Implied._keys``.
Told = tuple[bool, int]
FOLLOWS: Told = True, 0


@define(eq=False)
class _Case:
    """One choice of values for the cells that have been tried; ``past`` is of the state before.

    What reads none of the cells ``more`` was told and moved in ``base`` as it is here.
    """

    known: Known
    past: Known
    more: int = -1
    base: _Case | None = None
    told: tuple[dict[Node, Told], dict[Node, Told]] = field(factory=lambda: ({}, {}))
    gathered: tuple[dict[Node, Told], dict[Node, Told]] = field(factory=lambda: ({}, {}))
    moved: dict[Node, Range] = field(factory=dict)

    def given(self, key: int, value: int) -> _Case:
        """When in addition this is so."""
        known, past = self.known.given(key, value), self.past
        if key < 0:
            past = past.given(~key, value)
        elif not known.changed >> key & 1:
            past = past.given(key, value)
        return _Case(known, past, known.more, self)

    def forget(self) -> None:
        """Forget what was told, and ranges."""
        for memory in (*self.told, *self.gathered, self.moved):
            memory.clear()
        self.known.ranges.clear()
        self.past.ranges.clear()

    def over(self, node: Node) -> _Case:
        """The first of the cases on the way here in which it is all the same to ``node``."""
        case = self
        while not case.more & node.cells:
            assert case.base is not None
            case = case.base
        return case


@define(eq=False)
class Implied:
    """Answers questions about predicates, and remembers them."""

    certain: Certain
    _cases: dict[tuple[object, ...], _Case] = field(factory=dict)
    _answers: dict[tuple[Node, bool | None, _Case], bool] = field(factory=dict)
    # By predicate and where the fact would be: the value with which it was not so last time.
    _undecided: dict[tuple[Node, int], int] = field(factory=dict)

    def true(self, predicate: Expr, known: Known) -> bool:
        """Is it true in every two states of which this is known?"""
        return self._remembered(self.certain.nodes.of(predicate), None, known)

    def stays(self, predicate: Expr, value: bool, known: Known) -> bool:
        """Is a predicate over one state surely ``value`` after, when it was before?"""
        return self._remembered(self.certain.nodes.of(predicate), value, known)

    def stutters(self, predicate: Expr) -> bool:
        """Is a predicate over steps true of every step that changes nothing?"""
        nothing = self.certain.nothing
        return self._decided(
            self.certain.nodes.of(predicate), None, _Case(nothing, nothing), [1000]
        )

    def _remembered(self, predicate: Node, value: bool | None, known: Known) -> bool:
        key = predicate, value, self._about(predicate, known)
        if key not in self._answers:
            self._answers[key] = self._decided(*key, [MOST_TRIES])
        return self._answers[key]

    def keep_answers(self) -> None:
        """Forget all but the answers."""
        for case in self._cases.values():
            case.forget()

    def _about(self, predicate: Node, known: Known) -> _Case:
        """What of ``known`` can matter to ``predicate``; one object for equal knowledge."""
        cells = predicate.cells
        becomes = {c: node for c, node in known.becomes.items() if cells >> c & 1}
        for node in becomes.values():
            cells |= node.cells
        conditions = tuple(one for one in known.conditions if one.cells & cells)
        for one in conditions:
            cells |= one.cells
        facts = {k: r for k, r in known.facts.items() if cells >> (k if k >= 0 else ~k) & 1}
        changed = known.changed & cells
        key = (
            frozenset(facts.items()),
            changed,
            frozenset(becomes.items()),
            conditions,
        )
        if key not in self._cases:
            mine = self.certain.known(facts, changed, becomes, conditions)
            self._cases[key] = _Case(mine, mine.past(self.certain.nothing))
        return self._cases[key]

    def _decided(self, predicate: Node, value: bool | None, case: _Case, left: list[int]) -> bool:
        """Is it so, as far as few tries, ``left[0]`` of them, can tell? None: is it true?"""
        known = case.known
        for one in known.conditions:
            if one.cells & case.more and one.range(known) == (0, 0):
                return True  # there is no such step
        if value is None:
            if _is(predicate, True, known):
                return True
            found: tuple[int, ...] = self._open(predicate, known)
        else:
            follows, wanted = self._follows(predicate, value, case)
            if follows:
                return True
            found = tuple(self._keys(wanted))
        sizes = [(hi - lo, key) for key in found for lo, hi in [known.of(key)]]
        size, key = min((item for item in sizes if item[0] > 0), default=(0, 0))
        left[0] -= size + 1
        if size == 0 or left[0] < 0:
            return False
        lo, hi = known.of(key)
        # It is so only if it is for all values, which take as many tries in any order:
        # the value with which it was not so last time comes first.
        first = self._undecided.get((predicate, key), lo)
        for number in sorted(range(lo, hi + 1), key=lambda number: number != first):
            if not self._decided(predicate, value, case.given(key, number), left):
                self._undecided[predicate, key] = number
                return False
        return True

    def _keys(self, wanted: int) -> Iterator[int]:
        """Where facts would be: the bits of cells, and after these those of cells before."""
        width = len(self.certain.limits)
        while wanted:
            lowest = wanted & -wanted
            bit = lowest.bit_length() - 1
            yield bit if bit < width else ~(bit - width)
            wanted ^= lowest

    def _follows(self, node: Node, value: bool, case: _Case) -> Told:
        """Is ``node`` surely ``value`` after if it was before? If not, cells that might tell."""
        if not node.cells & case.known.changed:
            return FOLLOWS
        case = case.over(node)
        found = case.told[value].get(node)
        if found is None:
            found = case.told[value][node] = self._told(node, value, case)
        return found

    def _told(self, node: Node, value: bool, case: _Case) -> Told:
        if _unchanged(node, case):
            return FOLLOWS
        wanted = 0
        match node:
            case Negation():
                return self._follows(node.operand, not value, case)
            case Both():
                if _is(node, value, case.known) or _is(node, not value, case.past):
                    return FOLLOWS  # one that is so is enough, or all of them were so
                follows, wanted = self._gathered(node, value, case)
                return FOLLOWS if follows else (False, wanted)
            case Either() if _unchanged(node.condition, case):
                one = self._follows(node.then, value, case)
                two = self._follows(node.orelse, value, case)
                wanted = one[1] | two[1]
                if one[0] and two[0]:
                    return True, wanted
            case Joined() if node.op in _ORDERS and self._keeps(node, value, case):
                return FOLLOWS
        if _is(node, value, case.known) or _is(node, not value, case.past):
            return True, wanted
        return False, wanted | self._openings(node, case)

    def _gathered(self, node: Both, value: bool, case: _Case) -> Told:
        """Does each operand follow, those of operands that are joined in the same way?"""
        follows, wanted = True, 0
        for part in (node.left, node.right):
            if not part.cells & case.known.changed:
                continue
            if isinstance(part, Both) and part.some is node.some:
                here = case.over(part)
                found = here.gathered[value].get(part)
                if found is None:
                    found = here.gathered[value][part] = self._gathered(part, value, here)
            else:
                found = self._follows(part, value, case)
            follows = follows and found[0]
            wanted |= found[1]
        return follows, wanted

    def _keeps(self, node: Joined, value: bool, case: _Case) -> bool:
        """Does the comparison stay ``value``, by how much its two sides may move?"""
        (a, b), (c, d) = self._moves(node.left, case), self._moves(node.right, case)
        least, most = a - d, b - c
        if least == most == 0:
            return True
        way = _ORDERS[node.op] if value else -_ORDERS[node.op]
        return least >= 0 if way > 0 else way < 0 and most <= 0

    def _moves(self, node: Node, case: _Case) -> Range:
        """The least and the most by which ``node`` is greater after than before."""
        if not node.cells & case.known.changed:
            return 0, 0
        case = case.over(node)
        found = case.moved.get(node)
        if found is None:
            found = case.moved[node] = self._moved(node, case)
        return found

    def _moved(self, node: Node, case: _Case) -> Range:
        if _unchanged(node, case):
            return 0, 0
        (a, b), (c, d) = node.range(case.past), node.range(case.known)
        least, most = c - b, d - a
        match node:
            case Joined(op=Op.ADD | Op.SUB):
                (a, b), (c, d) = self._moves(node.left, case), self._moves(node.right, case)
                sums = (a + c, b + d) if node.op is Op.ADD else (a - d, b - c)
                return max(least, sums[0]), min(most, sums[1])
            case Reading():
                by = _added(node, case.known)
                return (least, most) if by is None else (by, by)
            case Either():
                one, other = _number(node.then), _number(node.orelse)
                if one is None or other is None or one < other:
                    return least, most
                condition = node.condition
            case Negation() | Both():
                condition = node
            case Joined() if node.op in _ORDERS:
                condition = node
            case _:
                return least, most
        if least < 0 and self._follows(condition, True, case)[0]:
            least = 0
        if most > 0 and self._follows(condition, False, case)[0]:
            most = 0
        return least, most

    def _openings(self, node: Node, case: _Case) -> int:
        """Where facts about cells that change in ``node``, or about what they become, would be."""
        known, width = case.known, len(self.certain.limits)
        found, decide = node.fixed & known.changed, 0
        for read in node.moving:
            places = mask(read.places(known)) & known.changed
            found |= places
            for item, _ in read.index if places else ():
                decide |= item.cells
        stored = mask(known.becomes) & found
        for cell, value in known.becomes.items():
            if stored >> cell & 1:
                decide |= value.cells
        before = found | decide & known.changed
        return before << width | found & ~stored | decide & ~known.changed

    def _open(self, node: Node, known: Known) -> tuple[int, ...]:
        """A cell whose value decides ``node``, with others; none when it is not known which."""
        match node:
            case Reading():
                for item, _ in node.index:
                    if not _sure(item, known):
                        return self._open(item, known)
                cells = node.places(known)
                if len(cells) != 1:
                    return ()
                key = known.key(cells[0], node.old)
                return self._open(known.becomes[key], known) if key in known.becomes else (key,)
            case Negation() | Counting():
                return self._open(node.operand, known)
            case Joined() | Both():
                first = node.left if not _sure(node.left, known) else node.right
                return self._open(first, known)
            case Either():
                which = node.condition.range(known)
                if which == (0, 0):
                    return self._open(node.orelse, known)
                sure = which[0] > 0 or which[1] < 0
                return self._open(node.then if sure else node.condition, known)
            case _:
                assert isinstance(node, Fixed | Asking)
                return ()


def _unchanged(node: Node, case: _Case) -> bool:
    """Is it surely the same before and after?"""
    changed = case.known.changed
    if not node.cells & changed:
        return True
    if node.fixed & changed:
        return False
    return not any(
        changed >> cell & 1
        for read in node.moving
        for known in (case.past, case.known)
        for cell in read.places(known)
    )


def _added(read: Reading, known: Known) -> int | None:
    """What is added to the cell that is read, if it is surely that."""
    cells = read.places(known)
    stored = known.becomes.get(cells[0]) if len(cells) == 1 else None
    if not isinstance(stored, Joined) or stored.op not in (Op.ADD, Op.SUB):
        return None
    number, was = _number(stored.right), stored.left
    if number is None or not isinstance(was, Reading) or [*was.places(known)] != [*cells]:
        return None
    return number if stored.op is Op.ADD else -number


def _number(node: Node) -> int | None:
    """The number that it always is."""
    return node.bounds[0] if isinstance(node, Fixed) and node.bounds[0] == node.bounds[1] else None


def _sure(node: Node, known: Known) -> bool:
    lo, hi = node.range(known)
    return lo == hi


def _is(node: Node, value: bool, known: Known) -> bool:
    """Is it surely true, or false?"""
    lo, hi = node.range(known)
    return (lo > 0 or hi < 0) if value else lo == hi == 0
