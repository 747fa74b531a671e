"""Expressions made ready for being asked again and again what is certain of them.

Each part of an expression is a node, equal parts are one, and what a question would find out anew
is found when the node is made: which cells decide it, where what it reads is, how the ranges of its
operands join. Sets of cells are bits. A node remembers nothing itself: what it found is kept by
what was known then.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import product

from attrs import define, field

from ksmcheck.ir.expr import Op

Range = tuple[int, int]
Facts = Mapping[int, Range]

# Wider than anything that a shift or a product of numbers of the language gives.
UNKNOWN: Range = (-(1 << 100), 1 << 100)
NO, YES, MAYBE = (0, 0), (1, 1), (0, 1)


@define(eq=False)
class Known:
    """What is known of two states, of which one follows the other.

    ``changed`` are the cells that may differ. What is known of cell c in the state before is under
    ~c if it is one of them, and under c otherwise, like what is known of it in the state after.
    ``becomes``: what some of the changed cells become; ``conditions``: what is true. Both are over
    the state before, all that they read is ``old``. Of a cell that nothing is known of, the value
    may be any in its ``limits``.

    What reads none of the cells ``more`` has the range that it has given ``base``, which remembers
    it; who has no base has all cells there.
    """

    limits: tuple[Range, ...]
    facts: Facts
    changed: int = 0
    becomes: Mapping[int, Node] = field(factory=dict)
    conditions: tuple[Node, ...] = ()
    more: int = -1
    base: Known | None = None
    ranges: dict[Node, Range] = field(init=False, factory=dict)

    def key(self, cell: int, old: bool) -> int:
        """Under what facts about a cell are found."""
        return ~cell if old and self.changed >> cell & 1 else cell

    def of(self, key: int) -> Range:
        """The range of a cell in the state after, or before."""
        lo, hi = self.facts.get(key) or self.limits[key if key >= 0 else ~key]
        if key in self.becomes:
            least, most = self.becomes[key].range(self)
            if max(lo, least) <= min(hi, most):
                return max(lo, least), min(hi, most)
        return lo, hi

    def given(self, key: int, value: int) -> Known:
        """When in addition this is so."""
        cell = key if key >= 0 else ~key
        more = 1 << cell
        for other, node in self.becomes.items():
            if node.cells >> cell & 1:
                more |= 1 << other
        facts = {**self.facts, key: (value, value)}
        return Known(
            self.limits, facts, self.changed, self.becomes, self.conditions, more, base=self
        )

    def past(self, nothing: Known) -> Known:
        """What is known of the state before alone; ``nothing`` is when nothing is known."""
        found: dict[int, Range] = {}
        for key, known in self.facts.items():
            if key < 0 or not self.changed >> key & 1:
                found[key if key >= 0 else ~key] = known
        return Known(self.limits, found, more=mask(found), base=nothing)


@define(eq=False)
class Node:
    """A part of an expression.

    ``cells`` decide the value, in the state before and after alike. ``fixed`` are those that are
    read whatever the state, ``moving`` the reads where that depends.
    """

    cells: int
    fixed: int
    moving: tuple[Reading, ...]

    def range(self, known: Known) -> Range:
        """The lowest and the highest value that it can have; a wider range is right, too."""
        while not known.more & self.cells:
            assert known.base is not None
            known = known.base
        found = known.ranges.get(self)
        if found is None:
            found = known.ranges[self] = self.ranged(known)
        return found

    def ranged(self, known: Known) -> Range:
        """The range, for ``range`` to remember: any, where nothing tells more."""
        return UNKNOWN


@define(eq=False)
class Fixed(Node):
    """What depends on no cell."""

    bounds: Range

    def range(self, known: Known) -> Range:
        return self.bounds


@define(eq=False)
class Asking(Node):
    """A question about symbols."""

    operands: tuple[Node, ...]


@define(eq=False)
class Reading(Node):
    """The value of a variable; ``type_range`` is that of its type, ``index`` with the sizes."""

    first: int
    old: bool
    type_range: Range
    index: tuple[tuple[Node, int], ...]

    def places(self, known: Known) -> Sequence[int]:
        """The cells that it may be."""
        return places(self.first, self.index, known)

    def ranged(self, known: Known) -> Range:
        ranges = [known.of(known.key(cell, self.old)) for cell in self.places(known)]
        return hull(ranges) if ranges else self.type_range


@define(eq=False)
class Cell(Reading):
    """What is always the one cell ``first``."""

    def places(self, known: Known) -> Sequence[int]:
        return (self.first,)

    def range(self, known: Known) -> Range:
        cell = key = self.first
        if self.old and known.changed >> cell & 1:
            key = ~cell
        if key in known.becomes:
            return known.of(key)
        return known.facts.get(key) or known.limits[cell]


@define(eq=False)
class Negation(Node):
    """1 if ``operand`` is 0, else 0."""

    operand: Node

    def ranged(self, known: Known) -> Range:
        lo, hi = self.operand.range(known)
        return YES if lo == hi == 0 else NO if lo > 0 or hi < 0 else MAYBE


@define(eq=False)
class Counting(Node):
    """How many bits are set."""

    operand: Node

    def ranged(self, known: Known) -> Range:
        return 0, UNKNOWN[1]


@define(eq=False)
class Either(Node):
    """``then`` if ``condition`` is not 0, else ``orelse``."""

    condition: Node
    then: Node
    orelse: Node

    def ranged(self, known: Known) -> Range:
        lo, hi = self.condition.range(known)
        if lo == hi == 0:
            return self.orelse.range(known)
        if lo > 0 or hi < 0:
            return self.then.range(known)
        (a, b), (c, d) = self.then.range(known), self.orelse.range(known)
        return min(a, c), max(b, d)


@define(eq=False)
class Joined(Node):
    """``left op right``; ``join`` gives the range for those of the operands."""

    op: Op
    join: Callable[[Range, Range], Range]
    left: Node
    right: Node

    def ranged(self, known: Known) -> Range:
        return self.join(self.left.range(known), self.right.range(known))


@define(eq=False)
class Both(Node):
    """``left and right``; ``some``: or one of them."""

    some: bool
    left: Node
    right: Node

    def ranged(self, known: Known) -> Range:
        (a, b), some = self.left.range(known), self.some
        if (a > 0 or b < 0) if some else a == b == 0:
            return YES if some else NO
        c, d = self.right.range(known)
        if c > 0 or d < 0:
            return YES if some or a > 0 or b < 0 else MAYBE
        return NO if c == d == 0 and (not some or a == b == 0) else MAYBE


def places(first: int, index: tuple[tuple[Node, int], ...], known: Known) -> Sequence[int]:
    """The cells, from ``first`` on, that something with these indices and dimensions may be."""
    if len(index) == 1:
        node, size = index[0]
        lo, hi = node.range(known)
        return range(first + max(lo, 0), first + min(hi, size - 1) + 1)
    ranges: list[range] = []
    for node, size in index:
        lo, hi = node.range(known)
        ranges.append(range(max(lo, 0), min(hi, size - 1) + 1))
    found: list[int] = []
    for numbers in product(*ranges):
        cell = 0
        for number, (_, size) in zip(numbers, index, strict=True):
            cell = cell * size + number
        found.append(first + cell)
    return found


def mask(cells: Iterable[int]) -> int:
    """These cells as bits."""
    found = 0
    for cell in cells:
        found |= 1 << cell
    return found


def hull(known: list[Range]) -> Range:
    """The least range that has all of these in it."""
    return min(lo for lo, _ in known), max(hi for _, hi in known)
