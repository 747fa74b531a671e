"""Lemmas: what no reachable state is like, as guessed so far.

A lemma says that while an actor stands at a location (its anchor), or always, a few cells never
hold any of some rows of values. One is guessed from a state that no run should reach: the fewest
cells that tell it from all of the sample. It then says the same of all values that the sample does
not show there, and of the locations before, up to where some step makes it true.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Iterator, Mapping
from itertools import product
from math import prod
from typing import TypeAlias

import z3
from attrs import define, field

from ksmcheck.symbolic.flow import Flow, Move
from ksmcheck.symbolic.formulas import CellFormulas, Row, conjunction, negation, rows_formula
from ksmcheck.symbolic.sample import Anchor, Sample, projection

Cells: TypeAlias = tuple[int, ...]
Key: TypeAlias = tuple[Anchor | None, Cells]

# A lemma over more combinations of values than this is about one of them alone.
MOST_ROWS = 300
# How many sets of cells are looked at for a small one.
MOST_TRIES = 3000
MOST_CELLS = 5


@define
class Lemmas:
    """The lemmas: by anchor and cells the rows that are excluded.

    A row is True when something rests on it, so that it has to be proved; the others were guessed
    beside it, and are dropped when a step does not preserve them.
    """

    flow: Flow
    sample: Sample
    now: CellFormulas = field(init=False)
    rows: dict[Anchor | None, dict[Cells, dict[Row, bool]]] = field(factory=dict)
    made: dict[Key, tuple[frozenset[Row], z3.BoolRef]] = field(factory=dict)

    def __attrs_post_init__(self) -> None:
        self.now = CellFormulas(dict(enumerate(self.flow.transition.now)))

    def of(self, key: Key) -> Mapping[Row, bool]:
        """The rows of a lemma, none when there is no such lemma."""
        return self.rows.get(key[0], {}).get(key[1], {})

    def all_keys(self) -> Iterator[Key]:
        """All lemmas that exclude something."""
        for anchor, found in self.rows.items():
            for cells, rows in found.items():
                if rows:
                    yield anchor, cells

    def count(self) -> int:
        """How many lemmas there are."""
        return sum(1 for _ in self.all_keys())

    def at(self, anchor: Anchor) -> z3.BoolRef:
        """That an actor is there, as a formula."""
        return self.now.among(anchor[0], frozenset({anchor[1]}))

    def formula(self, key: Key) -> z3.BoolRef:
        """The lemma as a formula over the state."""
        anchor, cells = key
        rows = frozenset(self.of(key))
        made = self.made.get(key)
        if made is not None and made[0] == rows:
            return made[1]
        excluded = rows_formula(cells, rows, self.now.among)
        if anchor is not None:
            excluded = conjunction([self.at(anchor), excluded])
        self.made[key] = rows, negation(excluded)
        return self.made[key][1]

    def formulas(self, keys: Iterable[Key]) -> list[z3.BoolRef]:
        """The lemmas as formulas; equal ones about different locations of an actor are one."""
        alike: dict[tuple[int, Cells, frozenset[Row]], set[int]] = {}
        found: list[z3.BoolRef] = []
        for key in keys:
            anchor, cells = key
            if anchor is None:
                found.append(self.formula(key))
            else:
                rows = frozenset(self.of(key))
                alike.setdefault((anchor[0], cells, rows), set()).add(anchor[1])
        for (place, cells, rows), locations in alike.items():
            there = self.now.among(place, frozenset(locations))
            excluded = rows_formula(cells, rows, self.now.among)
            found.append(negation(conjunction([there, excluded])))
        return found

    def broken(self, state: Mapping[int, int]) -> list[Key]:
        """The lemmas that what is known of a state contradicts."""
        places = [(place, state[place]) for place in self.flow.places if place in state]
        found: list[Key] = []
        for anchor in (None, *places):
            for cells, rows in self.rows.get(anchor, {}).items():
                known = rows and all(cell in state for cell in cells)
                if known and tuple([state[cell] for cell in cells]) in rows:
                    found.append((anchor, cells))
        return found

    def learn(
        self, anchor: Anchor | None, cells: Cells, row: Row
    ) -> Iterator[tuple[Key, set[Row]]]:
        """Exclude a row, and what goes with it. Gives what is new."""
        ranges = self.flow.transition.ranges
        rows = {row}
        spans = [ranges[cell][1] - ranges[cell][0] + 1 for cell in cells]
        if prod(spans) <= MOST_ROWS and not any(cell in self.flow.places for cell in cells):
            values = (range(ranges[cell][0], ranges[cell][1] + 1) for cell in cells)
            rows |= set(product(*values)) - self.sample.seen(anchor, cells)
        added = [(anchor, rows)]
        if anchor is not None:
            added += self._before(anchor, cells, row, rows)
        for where, excluded in added:
            known = self.rows.setdefault(where, {}).setdefault(cells, {})
            fresh = excluded - known.keys()
            known.update(dict.fromkeys(fresh, False))
            known[row] = True
            if fresh:
                yield (where, cells), fresh

    def _before(
        self, anchor: Anchor, cells: Cells, row: Row, rows: set[Row]
    ) -> list[tuple[Anchor, set[Row]]]:
        """The locations before an anchor to which the rows go back, with those not seen there."""
        found: list[tuple[Anchor, set[Row]]] = []
        known, work = {anchor}, [anchor]
        while work:
            for move in self.flow.into[work.pop()]:
                if move.here in known or not move.stores.keys().isdisjoint(cells):
                    continue
                known.add(move.here)
                if not self.sample.visited(move.here):
                    continue
                unseen = rows - self.sample.seen(move.here, cells)
                if row in unseen:
                    found.append((move.here, unseen))
                    work.append(move.here)
        return found

    def drop(self, key: Key, rows: set[Row]) -> set[Row]:
        """Forget that rows are excluded. Gives those that were."""
        known = self.rows.get(key[0], {}).get(key[1], {})
        gone = rows & known.keys()
        for row in gone:
            del known[row]
        return gone

    def contradicted(self, states: list[tuple[int, ...]]) -> list[tuple[Key, set[Row]]]:
        """The rows that states which runs reach show after all."""
        found: list[tuple[Key, set[Row]]] = []
        for anchor, cells in list(self.all_keys()):
            there = [s for s in states if anchor is None or s[anchor[0]] == anchor[1]]
            rows = set(map(projection(cells), there)) & self.of((anchor, cells)).keys()
            if rows:
                found.append(((anchor, cells), rows))
        return found

    def open_rows(self, move: Move, key: Key, rows: set[Row]) -> set[Row]:
        """The rows of which it takes a query to see that a move does not lead to them.

        It cannot lead to a row that has another value where it stores a constant; and where it
        stores nothing, to one that was excluded before it.
        """
        anchor, cells = key
        for position, cell in enumerate(cells):
            if cell in move.constants:
                value = move.constants[cell]
                rows = {row for row in rows if row[position] == value}
        if anchor is not None and anchor[0] == move.here[0]:
            before = self.of((move.here, cells))
            if before and move.stores.keys().isdisjoint(cells):
                rows = rows - before.keys()
        return rows

    def guess(
        self, state: Mapping[int, int], cells: set[int], involved: tuple[int, ...]
    ) -> tuple[Anchor | None, Cells, Row] | None:
        """A row that excludes what is known of a state, over some of ``cells``.

        None when a state of the sample is like it. ``involved`` are the places of the actors that
        it is about, the most important first.
        """
        items = sorted(
            (self.flow.price(cell, involved), cell, self.sample.mask(cell, state[cell]))
            for cell in cells
        )
        chosen = smallest([item[2] for item in items], [item[0] for item in items], self.sample)
        if chosen is None:
            return None
        found = {items[number][1] for number in chosen}
        places = [place for place in (*involved, *self.flow.places) if place in found]
        anchor = (places[0], state[places[0]]) if places else None
        rest = tuple(sorted(found - set(places[:1])))
        return anchor, rest, tuple(state[cell] for cell in rest)


def smallest(masks: list[int], prices: list[float], sample: Sample) -> list[int] | None:
    """The cheapest few masks, prices ascending, without a state in common; or None."""
    common = sample.everything()
    for mask in masks:
        common &= mask
    if common:
        return None
    heap: list[tuple[float, int, tuple[int, ...], int]] = [(0.0, 0, (), sample.everything())]
    tries = made = 0
    while heap and tries < MOST_TRIES:
        price, _, chosen, common = heapq.heappop(heap)
        if not common:
            return list(chosen)
        tries += 1
        if len(chosen) == MOST_CELLS:
            continue
        for number in range(chosen[-1] + 1 if chosen else 0, len(masks)):
            if (left := common & masks[number]) != common:
                made += 1
                heapq.heappush(heap, (price + prices[number], made, (*chosen, number), left))
    return _without_needless(masks, sample.everything())


def _without_needless(masks: list[int], everything: int) -> list[int]:
    """All masks but those, dearest first, without which the others still have nothing in common."""
    kept = list(range(len(masks)))
    for number in reversed(range(len(masks))):
        common = everything
        for other in kept:
            if other != number:
                common &= masks[other]
        if not common:
            kept.remove(number)
    return kept
