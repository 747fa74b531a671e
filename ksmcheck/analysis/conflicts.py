"""Which steps of other actors, now or later, do not commute with a step.

The steps of an actor fall into classes that agree in what they access and which locks are
certainly held. ``dependent[a][c][b]`` is a set of locations of actor b, as bits: from there b may,
while actor a stays before a step of class c, come to a step that does not commute with that step.

NOTE(lock-aware). Two steps that could only run while both actors hold one lock never meet: as long
as a stays where it holds the lock, b cannot take it. So b's steps under that lock do not count,
and neither does what b can reach only through taking it. An access through an index counts as
under the lock with the same index: if b's index is the same, so is the lock.
"""

from __future__ import annotations

from attrs import frozen

from ksmcheck.analysis.accesses import WHOLE, Hold, Place, Summary
from ksmcheck.analysis.held import differ, held
from ksmcheck.ir.expr import Const, Expr


@frozen(cache_hash=True)
class Signature:
    """What matters of a step to steps of others; ``needs`` as in Summary."""

    reads: frozenset[Place]
    writes: frozenset[Place]
    holds: frozenset[Hold]
    needs: tuple[tuple[Hold, frozenset[Place]], ...]


@frozen
class Conflicts:
    """``signatures[a]`` are the classes of actor a, ``classes[a][l]`` the class at location l.

    ``successors[a][l]`` are the locations that the step at l leads to, ``done`` not among them.
    """

    signatures: tuple[tuple[Signature, ...], ...]
    classes: tuple[tuple[int, ...], ...]
    successors: tuple[tuple[frozenset[int], ...], ...]
    dependent: tuple[tuple[tuple[int, ...], ...], ...]


def conflicts(steps: tuple[tuple[Summary, ...], ...]) -> Conflicts:
    """The tables of a program whose steps have these summaries."""
    signatures: list[tuple[Signature, ...]] = []
    classes: list[tuple[int, ...]] = []
    for actor in steps:
        found: dict[Signature, int] = {}
        holds = held(actor)
        numbers = [
            found.setdefault(
                Signature(step.reads, step.writes, holds[location], step.needs), len(found)
            )
            for location, step in enumerate(actor)
        ]
        signatures.append(tuple(found))
        classes.append(tuple(numbers))
    successors = tuple(tuple(map(_targets, actor, [len(actor)] * len(actor))) for actor in steps)
    members = [
        _members(numbers, len(found)) for numbers, found in zip(classes, signatures, strict=True)
    ]
    reach: dict[tuple[int, int], list[int]] = {}

    def row(a: int, mine: Signature, b: int) -> int:
        if a == b:
            return 0
        cut, bad = 0, 0
        for number, other in enumerate(signatures[b]):
            if _waits(mine, other):
                cut |= members[b][number]
            if clash(mine, other):
                bad |= members[b][number]
        if (b, cut) not in reach:
            reach[b, cut] = reachable(successors[b], cut)
        return sum(1 << at for at, ahead in enumerate(reach[b, cut]) if ahead & bad)

    everybody = range(len(steps))
    dependent = tuple(
        tuple(tuple(row(a, mine, b) for b in everybody) for mine in signatures[a])
        for a in everybody
    )
    return Conflicts(tuple(signatures), tuple(classes), successors, dependent)


def _targets(step: Summary, done: int) -> frozenset[int]:
    return frozenset(way.target for way in step.exits if way.target != done)


def _members(numbers: tuple[int, ...], count: int) -> list[int]:
    """For each class its locations, as bits."""
    result = [0] * count
    for location, number in enumerate(numbers):
        result[number] |= 1 << location
    return result


def reachable(successors: tuple[frozenset[int], ...], cut: int) -> list[int]:
    """For each location those that can be reached from it, itself included, as bits.

    No way leads on from a location in ``cut``.
    """
    ahead = [1 << location for location in range(len(successors))]
    changed = True
    while changed:
        changed = False
        for location in reversed(range(len(successors))):
            if cut >> location & 1:
                continue
            total = ahead[location]
            for target in successors[location]:
                total |= ahead[target]
            if total != ahead[location]:
                ahead[location], changed = total, True
    return ahead


def clash(mine: Signature, other: Signature) -> bool:
    """May ``other``'s step run, and fail to commute, while an actor stays before ``mine``?"""
    if any(_exclude(a, b) for a in mine.holds for b in other.holds):
        return False
    for need, before in other.needs:
        if any(_exclude(a, need) for a in mine.holds):
            # It can only fault, by what it reads before it waits.
            return any(_overlap(p, q) for p in mine.writes for q in before)
    return _touch(mine, other, mine.writes, other.reads | other.writes) or _touch(
        mine, other, mine.reads, other.writes
    )


def _touch(
    mine: Signature, other: Signature, here: frozenset[Place], there: frozenset[Place]
) -> bool:
    return any(
        _overlap(p, q) and not any(_tied(a, b, p, q) for a in mine.holds for b in other.holds)
        for p in here
        for q in there
    )


def _waits(mine: Signature, other: Signature) -> bool:
    """Is ``other``'s step not enabled while an actor stays before ``mine``?"""
    return any(_exclude(a, need) for a in mine.holds for need, _ in other.needs)


def _exclude(one: Hold, other: Hold) -> bool:
    """Can two actors never hold these locks at once, whatever the actors' own variables are?"""
    if one.variable != other.variable or (one.shared and other.shared):
        return False
    return one.index == other.index and not any(map(names_own, one.index))


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
