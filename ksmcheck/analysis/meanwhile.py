"""What actors may do to goals while another one stays where it is, with the locks that it holds.

The sets of locks that actors certainly hold at their points fall into classes; two sets are one
class when they make no difference to what anybody may do. Class 0 is that of no locks. What an
actor can reach only by taking a lock that another one holds it does not do meanwhile, nor what it
does where it holds such a lock itself: see NOTE(lock-aware) in conflicts.py.
"""

from __future__ import annotations

from attrs import define, field, frozen

from ksmcheck.analysis.accesses import Hold, Summary
from ksmcheck.analysis.conflicts import names_own, reached

# For each class of locks the goals, as bits.
Goals = tuple[int, ...]


@frozen
class Meanwhile:
    """``holds[a][n]``, below ``classes``, is that of the locks that actor a holds at point n.

    ``breaks[b][n][c]`` are the goals that b may break from its point n on while somebody else holds
    the locks of class c; ``spoils`` likewise.
    """

    classes: int
    holds: tuple[tuple[int, ...], ...]
    breaks: tuple[tuple[Goals, ...], ...]
    spoils: tuple[tuple[Goals, ...], ...]


def meanwhile(
    steps: tuple[tuple[Summary, ...], ...],
    holds: tuple[tuple[frozenset[Hold], ...], ...],
    successors: tuple[tuple[frozenset[int], ...], ...],
    seen: tuple[tuple[tuple[int, int], ...], ...],
) -> Meanwhile:
    """``seen[a][n]`` are the goals that the step of actor a at point n breaks, and spoils."""
    goals = max((item.bit_length() for each in seen for pair in each for item in pair), default=0)
    classes = _Classes(2 * goals)
    numbers = [[classes.number(held) for held in each] for each in holds]
    ahead = [
        [classes.split(word) for word in _ahead(classes, *each, goals)]
        for each in zip(steps, holds, successors, seen, strict=True)
    ]
    different: dict[tuple[int, ...], int] = {}
    every = range(len(classes.sets))
    merged = [
        different.setdefault(tuple(parts[c] for each in ahead for parts in each), len(different))
        for c in every
    ]
    first = [merged.index(number) for number in range(len(different))]
    low = (1 << goals) - 1
    return Meanwhile(
        len(different),
        tuple(tuple(merged[number] for number in each) for each in numbers),
        tuple(tuple(tuple(parts[c] & low for c in first) for parts in each) for each in ahead),
        tuple(tuple(tuple(parts[c] >> goals for c in first) for parts in each) for each in ahead),
    )


def _ahead(
    classes: _Classes,
    steps: tuple[Summary, ...],
    holds: tuple[frozenset[Hold], ...],
    successors: tuple[frozenset[int], ...],
    seen: tuple[tuple[int, int], ...],
    goals: int,
) -> tuple[int, ...]:
    """What an actor may do from each of its points on, for all classes side by side."""
    own, cut = list[int](), list[int]()
    for step, held, (breaks, spoils) in zip(steps, holds, seen, strict=True):
        waits = idle = 0
        for need, _ in step.effect.needs:
            waits |= classes.against(need)
        for hold in held:
            idle |= classes.against(hold)
        own.append(classes.everywhere(breaks | spoils << goals) & ~(waits | idle))
        cut.append(waits)
    return reached(successors, own, cut)


@define
class _Classes:
    """Sets of locks, numbered as they come; a word has ``width`` bits for each of them."""

    width: int
    sets: dict[frozenset[Hold], int] = field(factory=lambda: {frozenset(): 0})
    _against: dict[Hold, int] = field(factory=dict)

    def number(self, held: frozenset[Hold]) -> int:
        """The number of this set. Locks that are known by an own variable do not count."""
        known = frozenset(hold for hold in held if not any(map(names_own, hold.index)))
        return self.sets.setdefault(known, len(self.sets))

    def everywhere(self, part: int) -> int:
        """A word with ``part`` for each set."""
        return sum(part << self.width * number for number in self.sets.values())

    def split(self, word: int) -> tuple[int, ...]:
        """The parts of a word, set by set."""
        part = (1 << self.width) - 1
        return tuple(word >> self.width * number & part for number in self.sets.values())

    def against(self, lock: Hold) -> int:
        """The whole part of each set with which nobody else can hold ``lock``."""
        if lock not in self._against:
            part = (1 << self.width) - 1
            self._against[lock] = sum(
                part << self.width * number
                for held, number in self.sets.items()
                if any(_exclude(hold, lock) for hold in held)
            )
        return self._against[lock]


def _exclude(one: Hold, other: Hold) -> bool:
    """Can two actors never hold these at once?"""
    same = one.variable == other.variable and one.index == other.index
    return same and not (one.shared and other.shared)
