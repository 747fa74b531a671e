"""What a step reads and writes of what actors share, and which locks it takes and gives back.

Here is what is known of a step; how it is found is in paths.py.

What only one actor's steps access is private to it and not in a summary. A lock variable is
*ruly* when every store to it takes a free lock, or gives back one that the path has checked to be
the actor's own. Of a ruly lock an actor can see whether it is the holder, and nobody else can
change the answer: such a test reads nothing that is shared.
"""

from __future__ import annotations

from collections.abc import Iterator

from attrs import frozen

from ksmcheck.ir.expr import Expr, Ite, Read

WHOLE, WRITER = -2, -1


@frozen(cache_hash=True)
class Place:
    """A cell, or part of one.

    An index is a constant, "what this own variable held before the step" with arithmetic around
    it, or a value that has no name outside the step. ``part`` is WHOLE, or of an rwsem WRITER or
    the number of a reader.
    """

    variable: int
    index: tuple[Expr, ...]
    part: int = WHOLE


@frozen(cache_hash=True)
class Hold:
    """The actor holds ``variable[index]``; ``shared`` when it is an rwsem taken for reading."""

    variable: int
    index: tuple[Expr, ...]
    shared: bool = False


Store = tuple[Place, Expr]


def perhaps(condition: Expr, yes: tuple[Store, ...], no: tuple[Store, ...]) -> tuple[Store, ...]:
    """The stores of the two sides of a condition: what is not stored stays as it is."""
    found = [(place, Ite(condition, value, _before(place))) for place, value in yes]
    found += [(place, Ite(condition, _before(place), value)) for place, value in no]
    return tuple(found)


def _before(place: Place) -> Read:
    return Read(place.variable, place.index)


@frozen(eq=False)
class Exit:
    """One way out of a step: where to, what happened to the locks in order, what locals hold.

    ``target`` is a location. ``locks`` has (True, what was taken) and (False, what was given back).
    ``values[v]`` is the value of own variable v in terms of the start, for those that were stored
    to. ``stores`` are those to other places but ruly locks, in order; a value that is a Temp may be
    any, and what is ``old`` in it is read in the state before. ``facts`` are true of the state
    before; all that they read is ``old``. ``results`` are the ``values`` that are known in terms of
    the state before.
    """

    target: int
    locks: tuple[tuple[bool, Hold], ...]
    values: tuple[tuple[int, Expr], ...]
    stores: tuple[tuple[Place, Expr], ...] = ()
    facts: tuple[Expr, ...] = ()
    results: tuple[tuple[int, Expr], ...] = ()


@frozen(eq=False)
class Effect:
    """What one step may do, over all its paths: one object for all points that are the same to it.

    ``known`` are the own variables with the values on which it depends. ``writes`` are ``rises``
    and ``falls``: places that a store may give a higher value than before, or a lower one. ``own``
    are cells of arrays of the actor's own that it stores to. ``needs`` are locks without which the
    step has no outcome but a fault, with what is read of shared places before that is known.
    ``blocks``: the step may be without any outcome.
    """

    known: frozenset[tuple[int, int]]
    reads: frozenset[Place]
    rises: frozenset[Place]
    falls: frozenset[Place]
    writes: frozenset[Place]
    own: frozenset[Place]
    exits: tuple[Exit, ...]
    needs: tuple[tuple[Hold, frozenset[Place]], ...]
    blocks: bool


@frozen(eq=False)
class Summary:
    """What one step may do from one point (see points.py).

    The actor stands at ``location``. ``known`` are the own variables whose value is known there,
    ``loose`` those that mean something, but may have any value. ``exits`` are those of the effect
    that lead anywhere, each with the points that it may lead to in ``following``: numbers among the
    summaries of the actor; "done" is the number after the last.
    """

    location: int
    known: tuple[tuple[int, int], ...]
    loose: frozenset[int]
    effect: Effect
    exits: tuple[Exit, ...]
    following: tuple[tuple[int, ...], ...]

    @property
    def ways(self) -> Iterator[tuple[Exit, tuple[int, ...]]]:
        """Each exit with the points that it may lead to."""
        return zip(self.exits, self.following, strict=True)


@frozen
class Sharing:
    """Which variables are private to one actor, and which lock variables are ruly."""

    private: frozenset[int]
    ruly: frozenset[int]
