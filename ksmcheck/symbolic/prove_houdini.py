"""Which of the candidate facts are inductive: z3 asked way by way, until nothing changes any more.

A way of an actor can break facts about the place that it leads to, and facts of others about the
cells that it stores. Only facts about where it starts, and those of others about these cells, are
assumed: assuming less is sound, and keeps the queries small however large the program is.
"""

from __future__ import annotations

import time
from collections.abc import Sequence

import z3
from attrs import define, field

from ksmcheck.symbolic.proof import State
from ksmcheck.symbolic.prove_facts import Fact
from ksmcheck.symbolic.transition import Transition, Way
from ksmcheck.symbolic.transition_bits import Number

FEW_WAYS = 150


class GaveUp(Exception):  # noqa: N818, a result rather than an error
    """A limit was reached, or z3 gave up. ``query`` is what it was asked, in SMT-LIB, if it was."""

    def __init__(self, reason: str, query: str) -> None:
        super().__init__(reason)
        self.reason = reason
        self.query = query


@define
class Clock:
    """What is left of the time; ``deadline`` is None without a limit."""

    deadline: float | None
    queries: int = 0

    def solver(self) -> z3.Solver:
        """A solver that translates to clauses at once, for many small questions about bits."""
        return z3.SolverFor("QF_FD")

    def ask(self, solver: z3.Solver, *literals: z3.BoolRef) -> bool:
        """Whether the solver's assertions can be satisfied. GaveUp when z3 cannot tell."""
        self.queries += 1
        if self.deadline is not None:
            left = self.deadline - time.monotonic()
            if left <= 0:
                raise GaveUp("the time limit was reached", solver.to_smt2())
            solver.set("timeout", max(1, int(left * 1000)))
        verdict = solver.check(*literals)
        if verdict == z3.unknown:
            late = self.deadline is not None and time.monotonic() >= self.deadline - 0.05
            reason = "the time limit was reached" if late else solver.reason_unknown()
            raise GaveUp(reason, solver.to_smt2())
        return bool(verdict == z3.sat)


@define
class Houdini:
    """Drops and weakens ``facts``, which hold in the initial states, until they are inductive."""

    transition: Transition
    clock: Clock
    facts: list[Fact]
    at: dict[tuple[int, int], list[Fact]] = field(factory=dict)
    about: dict[int, list[Fact]] = field(factory=dict)
    gone: set[int] = field(factory=set)
    truths: dict[int, z3.BoolRef] = field(factory=dict)

    def inductive(self) -> list[Fact]:
        """The facts that are left. GaveUp when there is no time to find out."""
        for fact in self.facts:
            self.at.setdefault((fact.place, fact.location), []).append(fact)
            for cell in fact.cells():
                self.about.setdefault(cell, []).append(fact)
        work = list(self.transition.ways)
        while work:
            changed: list[Fact] = []
            for way in work:
                changed += self._preserved(way)
            work = self._affected(changed) if changed else []
        return [fact for fact in self.facts if id(fact) not in self.gone]

    @property
    def small(self) -> bool:
        """Whether every fact can be assumed for itself, which is stronger and takes longer."""
        return len(self.transition.ways) <= FEW_WAYS

    def _place(self, way: Way) -> int:
        return self.transition.offsets[self.transition.program.actors[way.actor].location]

    def _others(self, way: Way) -> dict[Fact, list[Fact]]:
        """Facts of other actors about what the way stores: one of each kind, with all of it."""
        place = self._place(way)
        alike: dict[tuple[object, ...], dict[int, Fact]] = {}
        for cell, _ in way.stores:
            for fact in self.about.get(cell, ()):
                if fact.place != place and id(fact) not in self.gone:
                    one = (id(fact),) if self.small else (fact.place, *fact.alike())
                    alike.setdefault(one, {})[id(fact)] = fact
        kinds = [list(kind.values()) for kind in alike.values()]
        return {kind[0]: kind for kind in kinds}

    def _here(self, way: Way, location: int) -> list[Fact]:
        facts = self.at.get((self._place(way), location), [])
        return [fact for fact in facts if id(fact) not in self.gone]

    def _preserved(self, way: Way) -> list[Fact]:
        """Drop or weaken what the way breaks, and give that."""
        others = self._others(way)
        stored = {cell for cell, _ in way.stores}
        moves = way.location != way.target
        own = [f for f in self._here(way, way.target) if moves or f.cells() & stored]
        kinds = {**others, **{fact: [fact] for fact in own}}
        if not kinds:
            return []
        after = self._after(way)
        solver = z3.SolverFor("QF_BV")
        solver.add(way.guard)
        solver.add([self._truth(fact) for fact in (*self._here(way, way.location), *others)])
        used = {cell for fact in kinds for cell in fact.cells()}
        solver.add(self.transition.typed([self.transition.now[cell] for cell in used]))
        claims = {fact: fact.formula(after) for fact in kinds}
        changed: list[Fact] = []
        while claims:
            solver.push()
            solver.add(z3.Or([z3.Not(claim) for claim in claims.values()]))
            if not self.clock.ask(solver):
                break
            state = values_of(solver.model(), after)
            solver.pop()
            for fact in [fact for fact in claims if not fact.holds(state)]:
                changed += kinds[fact]
                self._break(kinds[fact], state)
                del claims[fact]
                if id(fact) not in self.gone:
                    claims[fact] = fact.formula(after)
        return changed

    def _break(self, facts: Sequence[Fact], state: State) -> None:
        for fact in facts:
            self.truths.pop(id(fact), None)
            if not fact.weakened(state):
                self.gone.add(id(fact))

    def _truth(self, fact: Fact) -> z3.BoolRef:
        if id(fact) not in self.truths:
            self.truths[id(fact)] = fact.formula(self.transition.now)
        return self.truths[id(fact)]

    def _after(self, way: Way) -> list[Number]:
        after = list(self.transition.now)
        for cell, bits in way.stores:
            after[cell] = Number(bits, *self.transition.ranges[cell])
        return after

    def _affected(self, changed: Sequence[Fact]) -> list[Way]:
        """The ways that assumed one of the changed facts."""
        starts = {(fact.place, fact.location) for fact in changed}
        cells = {cell for fact in changed for cell in fact.cells()}
        return [
            way
            for way in self.transition.ways
            if (self._place(way), way.location) in starts
            or any(cell in cells for cell, _ in way.stores)
        ]


def values_of(model: z3.ModelRef, cells: Sequence[Number]) -> State:
    """The state that a model gives to some cells."""
    return tuple(model.eval(cell.bits, model_completion=True).as_signed_long() for cell in cells)
