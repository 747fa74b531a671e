"""Which goals a step surely neither breaks nor heals, by what it stores and which locks are held.

A goal is broken where it is true before a way of the step and false after it. What is known: where
the actor stands, the values of own variables, the locks that it certainly holds, what the way has
found out, and what it has stored; what it does not store to stays the same. An index that is a
value of the actor's own is tried with every object.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import product

from attrs import define, evolve, field, frozen

from ksmcheck.analysis.accesses import Exit, Hold, Summary
from ksmcheck.analysis.certain import Certain
from ksmcheck.analysis.held import after
from ksmcheck.analysis.implied import Implied
from ksmcheck.analysis.nodes import Known, Node, Range, mask
from ksmcheck.ir.expr import Const, Expr, Read, Temp
from ksmcheck.ir.fold import rewrite
from ksmcheck.ir.types import LockKind, LockType

# With more ways to choose the objects nothing is looked at.
MOST_CASES = 64

Case = dict[Expr, int]
Turns = tuple[Known, ...]


@frozen
class Moment:
    """An actor before its step at ``location``, holding ``holds``."""

    actor: int
    location: int
    step: Summary
    holds: frozenset[Hold]


@define
class Harmless:
    """Asks about predicates, all of which look at no other cells than ``looked_at``."""

    certain: Certain
    implied: Implied
    looked_at: int
    _turns: dict[tuple[object, ...], Turns] = field(factory=dict)

    def turns(self, moment: Moment) -> Turns:
        """What is certain of the states before and after, for each way and choice of objects.

        One object for points that are the same to the step, but for values at which neither it nor
        any predicate looks.
        """
        step, looked_at = moment.step, self.looked_at
        seen = tuple(
            pair
            for pair in step.known
            if pair in step.effect.known or looked_at >> self.certain.offsets[pair[0]] & 1
        )
        key = moment.actor, step.location, step.effect, step.exits, moment.holds, seen
        if key not in self._turns:
            known = evolve(moment, step=evolve(step, known=seen))
            self._turns[key] = tuple(
                self._turn(known, way, case)
                for way in step.exits
                for case in self._cases(known, way)
            )
        return self._turns[key]

    def _turn(self, moment: Moment, way: Exit, case: Case) -> Known:
        before = self._before(moment, way, case)
        after = self._after(moment, way, case, before)
        changed = self._touched(moment, way, case)
        facts = {~cell if cell in changed else cell: known for cell, known in before.items()}
        becomes = self._becomes(moment, way, case)
        conditions = map(self.certain.nodes.of, way.facts)
        return self.certain.known({**facts, **after}, mask(changed), becomes, conditions)

    def heals_not(self, turns: tuple[Known, ...], predicate: Expr) -> bool:
        """Is a predicate over one state that is false before the step surely false after it?"""
        seen = self.certain.nodes.of(predicate).cells
        return all(
            not seen & turn.changed or self.implied.stays(predicate, False, turn) for turn in turns
        )

    def breaks_not(self, turns: tuple[Known, ...], predicate: Expr, over_steps: bool) -> bool:
        """Is a predicate that is true before the step surely true after it?

        One over steps: is it surely true of the step itself?
        """
        seen, implied = self.certain.nodes.of(predicate).cells, self.implied
        return all(
            not seen & turn.changed
            or (
                implied.true(predicate, turn)
                if over_steps
                else implied.stays(predicate, True, turn)
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
        if case and index:
            index = tuple(Const(case[item]) if item in case else item for item in index)
        return list(self.certain.places(variable, index))

    def _touched(self, moment: Moment, way: Exit, case: Case) -> set[int]:
        offsets = self.certain.offsets
        found = {offsets[variable] for variable, _ in way.values}
        if way.target != moment.location:
            found.add(offsets[self.certain.program.actors[moment.actor].location])
        for place in (*(place for place, _ in way.stores), *moment.step.effect.own):
            found.update(self._cells(place.variable, place.index, case))
        for place in moment.step.effect.writes:
            if isinstance(self.certain.program.variables[place.variable].type, LockType):
                found.update(self._cells(place.variable, place.index, case))
        return found

    def _before(self, moment: Moment, way: Exit, case: Case) -> dict[int, Range]:
        known = self._locked(moment.actor, moment.holds, case)
        offsets = self.certain.offsets
        known |= {offsets[variable]: (value, value) for variable, value in moment.step.known}
        known[self._location(moment.actor)] = (moment.location, moment.location)
        for fact in way.facts:
            self.certain.learn(fact, True, known)
        return known

    def _after(
        self, moment: Moment, way: Exit, case: Case, before: dict[int, Range]
    ) -> dict[int, Range]:
        known = self._locked(moment.actor, after(moment.holds, way), case)
        own = dict(moment.step.known)
        own |= {v: value.value for v, value in way.values if isinstance(value, Const)}
        for variable, stored in way.values:
            if not isinstance(stored, Const):
                own.pop(variable, None)
        known |= {self.certain.offsets[v]: (value, value) for v, value in own.items()}
        known |= self._stored(way, case, before)
        known[self._location(moment.actor)] = (way.target, way.target)
        return known

    def _stored(self, way: Exit, case: Case, before: dict[int, Range]) -> dict[int, Range]:
        """What is known of the cells that ``way`` stores to."""
        now, stored = self.certain.unlocked(before), set[int]()
        for place, value in way.stores:
            kind = self.certain.program.variables[place.variable].type
            facts = {**{~cell: known for cell, known in before.items()}, **now}
            lo, hi = self.certain.range(value, self.certain.known(facts, self.certain.every))
            cells = self._cells(place.variable, place.index, case)
            for cell in cells:
                now.pop(cell, None)
                stored.discard(cell)
            if len(cells) == 1:
                now[cells[0]] = (max(lo, kind.lo), min(hi, kind.hi))
                stored.add(cells[0])
        return {cell: now[cell] for cell in stored}

    def _becomes(self, moment: Moment, way: Exit, case: Case) -> dict[int, Node]:
        """What changed cells become, in terms of the state before, where that is known."""
        found: dict[int, Expr | None] = {
            self.certain.offsets[variable]: value for variable, value in way.results
        }
        later: dict[int, Expr | None] = {}
        for place, value in way.stores:
            cells = self._cells(place.variable, place.index, case)
            meant = self._in_state_before(value, later) if len(cells) == 1 else None
            later |= dict.fromkeys(cells, meant)
        found |= later
        return {
            cell: self.certain.nodes.of(value)
            for cell, value in found.items()
            if value is not None and not self.certain.is_symbolic(cell)
        }

    def _in_state_before(self, value: Expr, stored: Mapping[int, Expr | None]) -> Expr | None:
        """A value that is stored after ``stored``; None when it is not known what it is."""
        lost = False

        def leaf(item: Read | Temp) -> Expr:
            nonlocal lost
            if isinstance(item, Temp):
                lost = True
                return item
            before = evolve(item, old=True)
            if item.old:
                return before
            cells = list(self.certain.places(item.variable, item.index))
            if stored.keys().isdisjoint(cells):
                return before
            known = stored[cells[0]] if len(cells) == 1 else None
            lost = lost or known is None
            return before if known is None else known

        meant = rewrite(value, leaf)
        return None if lost else meant

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
