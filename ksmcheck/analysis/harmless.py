"""Which goals a step surely neither breaks nor heals, by what it stores and which locks are held.

A goal that is true after every way of a step is not broken by it; one that is true before it is
not healed. What is known: where the actor stands, the locks that it certainly holds, and what it
has stored. An index that is a value of the actor's own is tried with every object.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import product

from attrs import frozen

from ksmcheck.analysis.accesses import Exit, Hold, Place, Summary
from ksmcheck.analysis.certain import Certain, Facts, Range
from ksmcheck.analysis.held import may_be
from ksmcheck.ir.expr import Const, Expr
from ksmcheck.ir.types import LockKind, LockType

# With more ways to choose the objects nothing is looked at.
MOST_CASES = 64

Case = dict[Expr, int]


@frozen
class Moment:
    """An actor before its step at ``location``, holding ``holds``."""

    actor: int
    location: int
    step: Summary
    holds: frozenset[Hold]


@frozen
class Turn:
    """A way through a step for one choice of objects: the cells that it may change, what is certain

    before it and after it.
    """

    touched: frozenset[int]
    before: Facts
    after: Facts


@frozen
class Harmless:
    """Asks about predicates over one state."""

    certain: Certain

    def turns(self, moment: Moment) -> tuple[Turn, ...]:
        """The step in all ways."""
        return tuple(
            Turn(
                frozenset(self._touched(moment, way, case)),
                self._before(moment, case),
                self._after(moment, way, case),
            )
            for way in moment.step.exits
            for case in self._cases(moment, way)
        )

    def heals_not(self, turns: tuple[Turn, ...], predicate: Expr) -> bool:
        """Is the predicate true before the step, or not looking at what it changes?"""
        seen = self.certain.cells(predicate)
        return all(
            seen.isdisjoint(turn.touched) or self.certain.true(predicate, turn.before)
            for turn in turns
        )

    def breaks_not(self, turns: tuple[Turn, ...], predicate: Expr, over_steps: bool) -> bool:
        """Is the predicate true after the step, or not looking at what it changes?

        One over steps is asked of the step itself.
        """
        seen = self.certain.cells(predicate)
        return all(
            seen.isdisjoint(turn.touched)
            or self.certain.true(
                self.certain.still(predicate, turn.touched) if over_steps else predicate, turn.after
            )
            for turn in turns
        )

    def _cases(self, moment: Moment, way: Exit) -> Iterator[Case]:
        """Every choice of values for the indices; one choice of none when there are too many."""
        sizes: dict[Expr, int] = {}
        places = [(place.variable, place.index) for place, _ in way.stores]
        locks = [*moment.holds, *(hold for _, hold in way.locks)]
        for variable, index in (*places, *((hold.variable, hold.index) for hold in locks)):
            dims = self.certain.program.variables[variable].dims
            for item, size in zip(index, dims, strict=True):
                if not isinstance(item, Const):
                    sizes[item] = size
        total = 1
        for size in sizes.values():
            total *= size
        if total > MOST_CASES:
            yield {}
            return
        for numbers in product(*map(range, sizes.values())):
            yield dict(zip(sizes, numbers, strict=True))

    def _cells(self, variable: int, index: tuple[Expr, ...], case: Case) -> list[int]:
        chosen = tuple(Const(case[item]) if item in case else item for item in index)
        return list(self.certain.places(variable, chosen, {}))

    def _touched(self, moment: Moment, way: Exit, case: Case) -> set[int]:
        offsets = self.certain.offsets
        found = {offsets[variable] for variable, _ in way.values}
        if way.target != moment.location:
            found.add(offsets[self.certain.program.actors[moment.actor].location])
        for place in (*(place for place, _ in way.stores), *moment.step.own):
            found.update(self._cells(place.variable, place.index, case))
        for place in moment.step.writes:
            if isinstance(self.certain.program.variables[place.variable].type, LockType):
                found.update(self._cells(place.variable, place.index, case))
        return found

    def _before(self, moment: Moment, case: Case) -> dict[int, Range]:
        known = self._locked(moment.actor, moment.holds, case)
        offsets = self.certain.offsets
        known |= {offsets[variable]: (value, value) for variable, value in moment.step.known}
        known[self._location(moment.actor)] = (moment.location, moment.location)
        return known

    def _after(self, moment: Moment, way: Exit, case: Case) -> dict[int, Range]:
        holds = set(moment.holds)
        for taken, lock in way.locks:
            if taken:
                holds.add(lock)
            else:
                holds = {hold for hold in holds if not may_be(hold, lock)}
        known = self._locked(moment.actor, holds, case)
        own = dict(moment.step.known)
        own |= {v: value.value for v, value in way.values if isinstance(value, Const)}
        for variable, stored in way.values:
            if not isinstance(stored, Const):
                own.pop(variable, None)
        known |= {self.certain.offsets[v]: (value, value) for v, value in own.items()}
        for place, value in way.stores:
            self._store(place, value, case, known)
        known[self._location(moment.actor)] = (way.target, way.target)
        return known

    def _store(self, place: Place, value: Expr, case: Case, known: dict[int, Range]) -> None:
        kind = self.certain.program.variables[place.variable].type
        lo, hi = self.certain.range(value, {})
        cells = self._cells(place.variable, place.index, case)
        for cell in cells:
            known.pop(cell, None)
        if len(cells) == 1:
            known[cells[0]] = (max(lo, kind.lo), min(hi, kind.hi))

    def _location(self, actor: int) -> int:
        return self.certain.offsets[self.certain.program.actors[actor].location]

    def _locked(self, actor: int, holds: Iterable[Hold], case: Case) -> dict[int, Range]:
        known: dict[int, Range] = {}
        for hold in holds:
            kind = self.certain.program.variables[hold.variable].type
            cells = self._cells(hold.variable, hold.index, case)
            if len(cells) != 1 or not isinstance(kind, LockType):
                continue
            if kind.kind is not LockKind.RWSEM:
                known[cells[0]] = (actor + 1, actor + 1)
            elif hold.shared:
                known[cells[0]] = (1, (1 << len(kind.actors)) - 1)
            else:
                owner = (1 << len(kind.actors)) + actor
                known[cells[0]] = (owner, owner)
        return known
