"""Which rows of which lemmas one move must not lead to, and the question whether it does."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping

import z3
from attrs import define, field

from ksmcheck.symbolic.flow import Move
from ksmcheck.symbolic.formulas import CellFormulas, Row, conjunction, disjunction, rows_formula
from ksmcheck.symbolic.lemmas import Cells, Key, Lemmas
from ksmcheck.symbolic.transition_bits import Number


@define
class Claims:
    """The ``live`` claims about ``move``: by lemma the rows to which it must not lead.

    ``all`` are the lemmas that were claimed at first, ``cells`` those that the question is about.
    """

    move: Move
    lemmas: Lemmas
    wanted: Mapping[Key, set[Row]]
    live: dict[Key, set[Row]] = field(factory=dict)
    all: tuple[Key, ...] = ()
    cells: frozenset[int] = frozenset()
    after: CellFormulas = field(init=False)
    question: z3.BoolRef | None = None

    def __attrs_post_init__(self) -> None:
        ranges = self.lemmas.flow.transition.ranges
        self.after = CellFormulas(
            {cell: Number(bits, *ranges[cell]) for cell, bits in self.move.stores.items()}
        )
        for key, rows in self.wanted.items():
            still = rows & self.lemmas.of(key).keys()
            if rows := self.lemmas.open_rows(self.move, key, still):
                self.live[key] = rows
        self.all = tuple(self.live)
        cells = {self.move.here[0], *self.move.reads}
        for key in self.live:
            cells |= self._reads(key)
        self.cells = frozenset(cells)

    def helpful(self) -> Iterator[Key]:
        """Lemmas to assume at once: what is known of the same cells before the move."""
        others = [anchor for anchor, _ in self.all if anchor and anchor[0] != self.move.here[0]]
        for anchor in dict.fromkeys([None, self.move.here, *others]):
            for cells in self.lemmas.rows.get(anchor, ()):
                if self.cells.issuperset(cells):
                    yield anchor, cells

    def some_broken(self, solver: z3.Solver) -> z3.BoolRef:
        """A literal that is true when the move leads to one of the live rows."""
        if self.question is None:
            self.question = z3.FreshConst(z3.BoolSort(), "broken")
            solver.add(z3.Implies(self.question, self.formula()))
        return self.question

    def formula(self) -> z3.BoolRef:
        """That the move leads to one of the live rows. Equal ones are asked for all anchors."""
        alike: dict[tuple[int | None, Cells, frozenset[Row]], set[int]] = defaultdict(set)
        for (anchor, cells), rows in self.live.items():
            if anchor is None or anchor[0] == self.move.here[0]:
                alike[None, cells, frozenset(rows)] = set()
            else:
                alike[anchor[0], cells, frozenset(rows)].add(anchor[1])
        parts = []
        for (place, cells, same), locations in alike.items():
            part = rows_formula(cells, same, self._among)
            if place is not None:
                there = self.lemmas.now.among(place, frozenset(locations))
                part = conjunction([there, part])
            parts.append(part)
        return disjunction(parts)

    def broken(
        self, model: z3.ModelRef, state: Mapping[int, int]
    ) -> tuple[list[tuple[Key, Row]], tuple[Key, Row] | None]:
        """The rows that the model leads to: those that nothing rests on, and one that must stay."""
        values = dict(state)
        for cell, bits in self.move.stores.items():
            if any(cell in cells for _, cells in self.live):
                values[cell] = model.eval(bits, model_completion=True).as_signed_long()
        needless: list[tuple[Key, Row]] = []
        needed: tuple[Key, Row] | None = None
        for key, rows in self.live.items():
            anchor, cells = key
            other = anchor is not None and anchor[0] != self.move.here[0]
            if other and anchor is not None and state[anchor[0]] != anchor[1]:
                continue
            row = tuple([values[cell] for cell in cells])
            if row in rows:
                if self.lemmas.of(key)[row]:
                    needed = needed or (key, row)
                else:
                    needless.append((key, row))
        return needless, needed

    def about(self, claim: tuple[Key, Row]) -> tuple[set[int], tuple[int, ...]]:
        """The cells on which a claim rests, and the places of the actors that it is about."""
        (anchor, _), _ = claim
        here = self.move.here[0]
        cells = {here, *self.move.reads, *self._reads(claim[0])}
        return cells, (here,) if anchor is None or anchor[0] == here else (here, anchor[0])

    def refresh(self) -> None:
        """Look again which rows are excluded."""
        for key in list(self.live):
            rows = self.live[key] & self.lemmas.of(key).keys()
            if rows != self.live[key]:
                self.question = None
                self.live[key] = rows
                if not rows:
                    del self.live[key]

    def _reads(self, key: Key) -> set[int]:
        anchor, cells = key
        found = set() if anchor is None else {anchor[0]}
        for cell in cells:
            found |= self.move.inputs.get(cell, {cell})
        return found

    def _among(self, cell: int, values: frozenset[int]) -> z3.BoolRef:
        if cell in self.move.stores:
            return self.after.among(cell, values)
        return self.lemmas.now.among(cell, values)
