"""What actors may do to goals while another one stays where it is, with the locks that it holds.

The sets of locks that actors certainly hold at their points fall into classes; two sets are one
class when they make no difference to what anybody may do. Class 0 is that of no locks. What an
actor can reach only by taking a lock that another one holds it does not do meanwhile, nor what it
does where it holds such a lock itself: see NOTE(lock-aware) in conflicts.py.
"""

from __future__ import annotations

from functools import reduce
from operator import or_

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
        _ahead(classes, *each, goals) for each in zip(steps, holds, successors, seen, strict=True)
    ]
    # Many points have the same ahead of them.
    parts = {word: classes.split(word) for each in ahead for word in each}
    different: dict[tuple[int, ...], int] = {}
    merged = [
        different.setdefault(tuple([found[c] for found in parts.values()]), len(different))
        for c in range(len(classes.sets))
    ]
    first = [merged.index(number) for number in range(len(different))]
    low = (1 << goals) - 1
    breaks = {word: tuple([found[c] & low for c in first]) for word, found in parts.items()}
    spoils = {word: tuple([found[c] >> goals for c in first]) for word, found in parts.items()}
    return Meanwhile(
        len(different),
        tuple(tuple(merged[number] for number in each) for each in numbers),
        tuple(tuple(map(breaks.__getitem__, each)) for each in ahead),
        tuple(tuple(map(spoils.__getitem__, each)) for each in ahead),
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
    ones, idling = classes.ones, dict[frozenset[Hold], int]()
    for step, held, (breaks, spoils) in zip(steps, holds, seen, strict=True):
        waits = 0
        for need, _ in step.effect.needs:
            waits |= classes.against(need)
        if held not in idling:
            idling[held] = reduce(or_, map(classes.against, held), 0)
        own.append((breaks | spoils << goals) * ones & ~(waits | idling[held]))
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

    @property
    def ones(self) -> int:
        """A word with 1 for each set: a part times this is a word with the part for each."""
        return sum(1 << self.width * number for number in self.sets.values())

    def split(self, word: int) -> tuple[int, ...]:
        """The parts of a word, set by set."""
        part = (1 << self.width) - 1
        return tuple([word >> self.width * number & part for number in self.sets.values()])

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
