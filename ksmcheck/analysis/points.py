"""The points at which tables look at an actor: a location and what is known of own variables.

A point is a local state in which somebody stood, or several at one location where there are too
many to look at each: then less is known.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from attrs import frozen

from ksmcheck.analysis.arms import Entered
from ksmcheck.ir.program import Program

# At a location with more local states than this the last variables do not count.
MOST_AT_ONE = 100

# An actor that would have more points than this has fewer at each location.
MOST = 20_000

Values = tuple[tuple[int, int], ...]


@frozen
class Point:
    """``arms`` are those that were entered in the step, ``loose`` the variables that may have any

    value, though they mean something.
    """

    location: int
    known: Values
    loose: frozenset[int]
    arms: int


@frozen
class Points:
    """The points of one actor, location by location; ``number[n]`` is the one of local state n."""

    points: tuple[Point, ...]
    number: Mapping[int, int]


def points_of(program: Program, entered: Entered) -> tuple[Points, ...]:
    """The points of all actors."""
    return tuple(_fitting(program, entered, actor) for actor in range(len(program.actors)))


def _fitting(program: Program, entered: Entered, actor: int) -> Points:
    most = MOST_AT_ONE
    while len((found := _points(program, entered, actor, most)).points) > MOST and most > 1:
        most //= 2
    return found


def _points(program: Program, entered: Entered, actor: int, most: int) -> Points:
    """The points of an actor with up to ``most`` at each location."""
    states, arms = entered.states, entered.arms[actor]
    points: list[Point] = []
    number: dict[int, int] = {}
    for location, stood in _by_location(entered, actor):
        each = {n: states.values(actor, n) for n in stood}
        count = len(states.digits[actor][location])
        while count and len({known[:count] for known in each.values()}) > most:
            count -= 1
        meant = {variable for variable, _ in program.actors[actor].steps[location].live}
        loose = frozenset(meant - {d.variable for d in states.digits[actor][location][:count]})
        found: dict[Values, int] = {}
        for n, known in each.items():
            found[known[:count]] = found.get(known[:count], 0) | arms[n]
        numbers = {known: len(points) + i for i, known in enumerate(sorted(found))}
        points += [Point(location, known, loose, found[known]) for known in numbers]
        number |= {n: numbers[known[:count]] for n, known in each.items()}
    return Points(tuple(points), number)


def _by_location(entered: Entered, actor: int) -> Iterator[tuple[int, list[int]]]:
    found: dict[int, list[int]] = {}
    for n in sorted(entered.arms[actor]):
        found.setdefault(entered.states.location(actor, n), []).append(n)
    yield from found.items()
