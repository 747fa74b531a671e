"""Which steps of other actors, now or later, do not commute with a step.

The steps of all actors fall into classes that agree in whose they are, what they access and which
locks are certainly held. Sets of classes are bits. ``ahead[b][n]`` are the classes with whose steps
something does not commute that actor b may come to from its point n on, while the actor of that
class stays where it is.

NOTE(lock-aware). Two steps that could only run while both actors hold one lock never meet: as long
as a stays where it holds the lock, b cannot take it. So b's steps under that lock do not count,
and neither does what b can reach only through taking it. An access through an index counts as
under the lock with the same index: if b's index is the same, so is the lock.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import product

from attrs import define, evolve, field, frozen

from ksmcheck.analysis.accesses import WHOLE, WRITER, Hold, Place, Summary
from ksmcheck.analysis.held import differ, held
from ksmcheck.ir.expr import Const, Expr
from ksmcheck.ir.program import Program
from ksmcheck.ir.types import LockType

# A place as one number for each cell and part of it that it may be.
Spots = tuple[int, ...]


@frozen(cache_hash=True)
class Signature:
    """What matters of a step to steps of others; ``needs`` as in Summary."""

    actor: int
    reads: frozenset[Place]
    writes: frozenset[Place]
    holds: frozenset[Hold]
    needs: tuple[tuple[Hold, frozenset[Place]], ...]


@frozen
class Conflicts:
    """``classes[a][n]`` is the class at point n of actor a; ``ahead`` as above.

    ``signatures`` are those of the classes; ``holds[a][n]`` is what actor a certainly holds.
    ``successors[a][n]`` are the points that the step at n leads to, "done" not among them.
    """

    signatures: tuple[Signature, ...]
    holds: tuple[tuple[frozenset[Hold], ...], ...]
    classes: tuple[tuple[int, ...], ...]
    successors: tuple[tuple[frozenset[int], ...], ...]
    ahead: tuple[tuple[int, ...], ...]


def conflicts(program: Program, steps: tuple[tuple[Summary, ...], ...]) -> Conflicts:
    """The tables of a program whose steps have these summaries."""
    found: dict[Signature, int] = {}
    classes: list[tuple[int, ...]] = []
    every = tuple(held(actor)[:-1] for actor in steps)
    for number, (actor, holds) in enumerate(zip(steps, every, strict=True)):
        classes.append(
            tuple(
                found.setdefault(
                    Signature(number, step.reads, step.writes, holds[at], step.needs), len(found)
                )
                for at, step in enumerate(each.effect for each in actor)
            )
        )
    successors = tuple(tuple(map(_targets, actor, [len(actor)] * len(actor))) for actor in steps)
    none = Conflicts(tuple(found), every, tuple(classes), successors, ())
    return evolve(none, ahead=ahead_of(program, none, none.signatures))


def ahead_of(
    program: Program, tables: Conflicts, mine: tuple[Signature, ...]
) -> tuple[tuple[int, ...], ...]:
    """``ahead`` as above, for the classes ``mine``: those of the steps, or others."""
    asked = _Asked(program, mine)
    meets = [asked.by(signature) for signature in tables.signatures]
    return tuple(
        reached(
            following,
            [meets[number][0] for number in numbers],
            [meets[number][1] for number in numbers],
        )
        for following, numbers in zip(tables.successors, tables.classes, strict=True)
    )


def _targets(step: Summary, done: int) -> frozenset[int]:
    return frozenset(target for each in step.following for target in each if target != done)


def reached(
    successors: tuple[frozenset[int], ...], own: list[int], cut: list[int] | None = None
) -> tuple[int, ...]:
    """For each point the union of ``own`` over the points that can be reached from it, as bits.

    A bit of ``cut[n]`` says that what bears it does not come to n's successors by way of n.
    """
    total = list(own)
    before: list[list[int]] = [[] for _ in successors]
    for here, following in enumerate(successors):
        for target in following:
            before[target].append(here)
    work, waiting = list(range(len(successors))), [True] * len(successors)
    while work:
        here = work.pop()
        waiting[here] = False
        mine = total[here]
        for origin in before[here]:
            more = mine if cut is None else mine & ~cut[origin]
            if more & ~total[origin]:
                total[origin] |= more
                if not waiting[origin]:
                    waiting[origin] = True
                    work.append(origin)
    return tuple(total)


@define
class _Asked:
    """All classes, by what they read and write and by the locks that they hold."""

    program: Program
    signatures: tuple[Signature, ...]
    _readers: dict[int, int] = field(factory=dict)
    _writers: dict[int, int] = field(factory=dict)
    _holders: dict[tuple[int, tuple[Expr, ...]], int] = field(factory=dict)
    _owners: dict[tuple[int, tuple[Expr, ...]], int] = field(factory=dict)
    _tied: int = 0
    _of: dict[int, int] = field(factory=dict)
    _spots: dict[Place, Spots] = field(factory=dict)

    def __attrs_post_init__(self) -> None:
        for number, signature in enumerate(self.signatures):
            bit = 1 << number
            self._of[signature.actor] = self._of.get(signature.actor, 0) | bit
            for places, into in (
                (signature.reads, self._readers),
                (signature.writes, self._writers),
            ):
                for spot in self._each(places):
                    into[spot] = into.get(spot, 0) | bit
            for hold in signature.holds:
                if any(map(names_own, hold.index)):
                    self._tied |= bit
                    continue
                key = hold.variable, hold.index
                self._holders[key] = self._holders.get(key, 0) | bit
                if not hold.shared:
                    self._owners[key] = self._owners.get(key, 0) | bit

    def by(self, other: Signature) -> tuple[int, int]:
        """The classes with whose steps a step like ``other`` does not commute, though it may run

        while their actor stays before them; and those before which it waits.
        """
        left = 0
        for actor, classes in self._of.items():
            if actor != other.actor:
                left |= classes
        waits = found = 0
        for hold in other.holds:
            left &= ~self._excluding(hold)
        for need, before in other.needs:
            without = self._excluding(need)
            waits |= without
            # It can only fault, by what it reads before it waits.
            found |= left & without & self._at(self._writers, before)
            left &= ~without
        touching = self._at(self._writers, other.reads | other.writes)
        touching |= self._at(self._readers, other.writes)
        touching &= left
        if any(any(map(names_own, hold.index)) for hold in other.holds):
            for number in bits(touching & self._tied):
                if not _touch(self.signatures[number], other):
                    touching ^= 1 << number
        return found | touching, waits

    def _excluding(self, hold: Hold) -> int:
        """The classes that certainly hold a lock that nobody can hold together with ``hold``."""
        return (self._owners if hold.shared else self._holders).get((hold.variable, hold.index), 0)

    def _at(self, table: dict[int, int], places: Iterable[Place]) -> int:
        found = 0
        for spot in self._each(places):
            found |= table.get(spot, 0)
        return found

    def _each(self, places: Iterable[Place]) -> Iterator[int]:
        for place in places:
            if place not in self._spots:
                self._spots[place] = spots(self.program, place)
            yield from self._spots[place]


def spots(program: Program, place: Place) -> Spots:
    """Numbers such that two places have one in common just when they may be one place."""
    declared = program.variables[place.variable]
    parts = [0]
    if isinstance(declared.type, LockType):
        actors = range(len(declared.type.actors))
        parts = [WRITER + 1, *(actor + 1 for actor in actors)]
        if place.part != WHOLE:
            parts = [place.part + 1]
    ranges = [
        (item.value,) if isinstance(item, Const) else range(size)
        for item, size in zip(place.index, declared.dims, strict=True)
    ]
    found: list[int] = []
    for numbers in product(*ranges):
        cell = 0
        for number, size in zip(numbers, declared.dims, strict=True):
            cell = cell * size + number
        found += [(cell * 64 + part) * len(program.variables) + place.variable for part in parts]
    return tuple(found)


def bits(numbers: int) -> Iterator[int]:
    """The numbers of the bits that are set."""
    while numbers:
        lowest = numbers & -numbers
        yield lowest.bit_length() - 1
        numbers ^= lowest


def _touch(mine: Signature, other: Signature) -> bool:
    """Do they access one place, and not both under one lock?"""
    pairs = [(p, q) for p in mine.writes for q in other.reads | other.writes]
    pairs += [(p, q) for p in mine.reads for q in other.writes]
    return any(
        _overlap(p, q) and not any(_tied(a, b, p, q) for a in mine.holds for b in other.holds)
        for p, q in pairs
    )


def names_own(part: Expr) -> bool:
    """False for a constant."""
    return not isinstance(part, Const)


def _tied(one: Hold, other: Hold, place: Place, there: Place) -> bool:
    """Are these two locks one and the same if these two places are?"""
    if one.variable != other.variable or (one.shared and other.shared):
        return False
    return all(
        (a == b and not names_own(a))
        or any((a, b) == pair for pair in zip(place.index, there.index, strict=True))
        for a, b in zip(one.index, other.index, strict=True)
    )


def _overlap(one: Place, other: Place) -> bool:
    if one.variable != other.variable:
        return False
    parts = one.part == other.part or WHOLE in (one.part, other.part)
    return parts and not differ(one.index, other.index)
