"""Makes a property inductive: guesses lemmas where the induction fails, until none is missing.

An obligation is a formula over a state that must not be true in any that a run reaches: the guard
of a fault, a step after which the property is false. z3 gives a state in which it is true (a
counterexample to induction). Either the sample has states like it, then a run reaches one; or a
lemma is guessed that excludes it, and every step that could break the lemma is asked in turn. In
the end all obligations are refuted by lemmas that every step preserves. The way from
counterexamples to lemmas is that of IC3 (Bradley, 2011), with a sample in the place of its frames,
as in learning from implication counterexamples (Garg et al., ICE, 2014).
"""

from __future__ import annotations

from collections import OrderedDict, defaultdict
from collections.abc import Callable, Iterable, Mapping

import z3
from attrs import define, field

from ksmcheck.symbolic.flow import Flow, Move
from ksmcheck.symbolic.formulas import Row, reading
from ksmcheck.symbolic.lemmas import Key, Lemmas
from ksmcheck.symbolic.obligations import Obligation
from ksmcheck.symbolic.preserving import Claims
from ksmcheck.symbolic.proof import State
from ksmcheck.symbolic.prove_houdini import Clock, GaveUp
from ksmcheck.symbolic.sample import Sample


@define
class Strengthening:
    """``violates`` says whether a run breaks the property, as the evaluator sees it.

    ``most`` is the number of lemmas that are enough, None without a limit.
    """

    flow: Flow
    sample: Sample
    clock: Clock
    obligations: list[Obligation]
    violates: Callable[[tuple[State, ...]], bool]
    most: int | None = None
    lemmas: Lemmas = field(init=False)
    failure: State | None = None
    counterexamples: int = 0
    open: dict[int, None] = field(init=False)
    pending: OrderedDict[int, dict[Key, set[Row]]] = field(factory=OrderedDict)
    used: dict[Key, dict[int, dict[Key, None]]] = field(factory=dict)
    types: dict[int, z3.BoolRef] = field(factory=dict)
    asked: dict[Key, dict[int, None]] = field(factory=lambda: defaultdict(dict))

    def __attrs_post_init__(self) -> None:
        self.lemmas = Lemmas(self.flow, self.sample)
        self.open = dict.fromkeys(range(len(self.obligations)))

    def run(self, told: Callable[[int, int], None]) -> tuple[State, ...] | None:
        """None when the property is inductive beside the lemmas; else a run that breaks it.

        ``told`` gets how many lemmas there are and how much is still to be asked. GaveUp when
        the clock runs out, or there are too many lemmas.
        """
        while self.open or self.pending:
            told(self.counterexamples, len(self.open) + len(self.pending))
            if self.open:
                number = next(iter(self.open))
                del self.open[number]
                path = self._discharge(number)
                if path is not None:
                    return path
            else:
                number, claims = self.pending.popitem(last=False)
                self._preserve(self.flow.moves[number], claims)
        return None

    def _discharge(self, number: int) -> tuple[State, ...] | None:
        """Learn until an obligation is met; or a run that shows that it is not."""
        obligation = self.obligations[number]
        solver = self.clock.solver()
        solver.add(obligation.wrong, *self._typed(obligation.reads))
        cells = obligation.reads
        while self.clock.ask(solver):
            state = reading(solver.model(), cells, self.flow.transition.now)
            hit = self.lemmas.broken(state)
            if not hit:
                self.failure = self._whole(solver.model())
                guess = self._guess(state, set(cells), (obligation.place,))
                if guess is None:
                    return self._run_to(state, cells)
                hit = [guess]
            for key in hit:
                self.asked[key][number] = None
                solver.add(self.lemmas.formula(key))
        return None

    def _preserve(self, move: Move, wanted: Mapping[Key, set[Row]]) -> None:
        """Learn, or drop what nothing rests on, until a move breaks none of the wanted rows."""
        claims = Claims(move, self.lemmas, wanted)
        if not claims.live:
            return
        solver = self.clock.solver()
        solver.add(move.guard)

        def assume(keys: Iterable[Key]) -> None:
            relied = [key for key in dict.fromkeys(keys) if self.lemmas.of(key)]
            for key in relied:
                places = self.used.setdefault(key, {})
                places.setdefault(move.number, {}).update(dict.fromkeys(claims.all))
            solver.add(self.lemmas.formulas(relied))

        solver.add(self._typed(claims.cells))
        assume(claims.helpful())
        while claims.live and self.clock.ask(solver, claims.some_broken(solver)):
            model = solver.model()
            state = reading(model, claims.cells, self.flow.transition.now)
            if hit := self.lemmas.broken(state):
                assume(hit)
                continue
            needless, needed = claims.broken(model, state)
            for key, row in needless:
                self._drop(key, {row})
            if needed is not None:
                self.counterexamples += 1
                cells, involved = claims.about(needed)
                guess = self._guess(state, cells, involved)
                if guess is None:
                    self._look_closer(state, cells)
                else:
                    assume([guess])
            claims.refresh()

    def _guess(
        self, state: Mapping[int, int], cells: set[int], involved: tuple[int | None, ...]
    ) -> Key | None:
        """Learn a lemma that excludes the state, and claim it of every move that could break it."""
        if self.most is not None and self.lemmas.count() >= self.most:
            raise GaveUp(f"more than {self.most} lemmas are needed", "")
        places = tuple(place for place in involved if place is not None)
        found = self.lemmas.guess(state, cells, places)
        if found is None:
            return None
        for key, rows in self.lemmas.learn(*found):
            self._claim_everywhere(key, rows)
        return found[0], found[1]

    def _claim_everywhere(self, key: Key, rows: set[Row]) -> None:
        for move in self.flow.touching(key):
            self._claim(move, key, rows)

    def _claim(self, move: Move, key: Key, rows: set[Row]) -> None:
        if rows := self.lemmas.open_rows(move, key, rows):
            self.pending.setdefault(move.number, {}).setdefault(key, set()).update(rows)

    def _drop(self, key: Key, rows: set[Row]) -> None:
        """Drop rows, and ask everything again that rested on them."""
        gone = self.lemmas.drop(key, rows)
        if not gone:
            return
        for number, claims in self.used.pop(key, {}).items():
            if number not in self.pending:
                self.pending[number] = {}
            waiting = self.pending[number]
            for claim in claims:
                waiting.setdefault(claim, set()).update(self.lemmas.of(claim))
        self.open.update(self.asked.pop(key, {}))
        if key[0] is not None:
            for move in self.flow.out[key[0]]:
                beyond = (move.there, key[1])
                if rest := gone & self.lemmas.of(beyond).keys():
                    self._claim(move, beyond, rest)

    def _look_closer(self, state: Mapping[int, int], cells: Iterable[int]) -> None:
        """A state of the sample is like this one: what it leads to shows which rows are wrong."""
        found = self._like(state, cells)
        for following in self.sample.after(found):
            self.sample.parents.setdefault(following, found)
            self.sample.walk(following, 100)
        for key, rows in self.lemmas.contradicted(self.sample.take_in()):
            self._drop(key, rows)

    def _like(self, state: Mapping[int, int], cells: Iterable[int]) -> State:
        common = self.sample.everything()
        for cell in cells:
            common &= self.sample.mask(cell, state[cell])
        return self.sample.states[(common & -common).bit_length() - 1]

    def _run_to(self, state: Mapping[int, int], cells: Iterable[int]) -> tuple[State, ...]:
        """A run that breaks the property: the shortest of those to states of the sample."""
        last = self._like(state, cells)
        for found in self.sample.states:
            path = self.sample.path(found)
            for run in (path, *((*path, following) for following in self.sample.after(found))):
                if self.violates(run):
                    return run
            if found == last:
                break
        return self.sample.path(last)

    def _typed(self, cells: Iterable[int]) -> list[z3.BoolRef]:
        """That cells hold values of their types, each formula made once."""
        transition = self.flow.transition
        for cell in cells:
            if cell not in self.types:
                self.types[cell] = transition.typed([transition.now[cell]])
        return [self.types[cell] for cell in cells]

    def _whole(self, model: z3.ModelRef) -> State:
        now = self.flow.transition.now
        found = reading(model, range(len(now)), now)
        ranges = self.flow.transition.ranges
        return tuple(min(max(found[cell], low), high) for cell, (low, high) in enumerate(ranges))
