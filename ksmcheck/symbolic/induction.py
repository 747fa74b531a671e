"""k-induction: a property that k steps in a row keep true, and that no run of k steps breaks.

After Sheeran, Singh and Stalmarck, "Checking safety properties using induction and a SAT solver",
2000. The facts of prove_facts.py hold in every reachable state, so every state is assumed to have
them; the first step of the proof is that they do.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import z3
from attrs import define, field

from ksmcheck.symbolic.proof import Failure, State
from ksmcheck.symbolic.prove_facts import Fact
from ksmcheck.symbolic.prove_goal import Goal
from ksmcheck.symbolic.prove_houdini import Clock, values_of
from ksmcheck.symbolic.transition import Transition, conjuncts, moved
from ksmcheck.symbolic.transition_bits import Number


@define
class Induction:
    """Proofs about one transition system from its ``initial`` states, given inductive ``facts``.

    ``reached`` is the k that was tried last, ``failure`` what came of the step for it.
    """

    transition: Transition
    initial: Sequence[State]
    clock: Clock
    facts: Sequence[Fact]
    reached: int = 0
    failure: Failure | None = None
    step: z3.BoolRef = field(init=False)
    chosen: z3.BitVecRef = field(init=False)

    def __attrs_post_init__(self) -> None:
        self.chosen = self.transition.selector("way")
        self.step = self.transition.step(self.chosen)

    def prove(
        self, goal: Goal, most: int, told: Callable[[int], None]
    ) -> tuple[int, tuple[State, ...] | None, Failure | None]:
        """(k, counterexample, failure): both None when ``goal`` is proved by k-induction.

        Tries k = 0 to ``most``; ``told`` gets each. A counterexample is a shortest one. GaveUp
        when the clock runs out.
        """
        base, chain = Chain(self, "b", goal), Chain(self, "i", goal)
        base.solver.add(conjuncts(base.frames[0], self.initial))
        for fact in self.facts:
            chain.solver.add(fact.formula(chain.frames[0]))
        if goal.over_steps:  # of one state alone it says nothing
            base.extend()
            chain.extend()
        for k in range(most + 1):
            told(k)
            self.reached = k
            path = base.violation()
            if path is not None:
                return k, path, None
            run = chain.violation()
            if run is None:
                return k, None, None
            self.failure = Failure(run[-2], run[-1]) if len(run) > 1 else Failure(run[0], None)
            if k < most:
                base.extend()
                chain.extend()
        return most, None, self.failure


@define
class Chain:
    """States in a row, all of them right so far."""

    induction: Induction
    name: str
    goal: Goal
    solver: z3.Solver = field(init=False)
    frames: list[tuple[Number, ...]] = field(factory=list)

    def __attrs_post_init__(self) -> None:
        self.solver = z3.SolverFor("QF_BV")
        self._append()

    def _append(self) -> None:
        self.frames.append(self.induction.transition.frame(f"{self.name}{len(self.frames)}"))
        self.solver.add(self.induction.transition.typed(self.frames[-1]))

    def violation(self) -> tuple[State, ...] | None:
        """The states up to one that is wrong, or to the end of a step that is."""
        wrong = self._over(self.goal.wrong, self.frames[-1], self.frames[-1])
        last = z3.BoolVal(False)
        if len(self.frames) > 1:
            last = self._over(self.goal.wrong_step, self.frames[-2], self.frames[-1])
        self.solver.push()
        self.solver.add(z3.Or(wrong, last))
        found = self.induction.clock.ask(self.solver)
        model = self.solver.model() if found else None
        self.solver.pop()
        if model is None:
            return None
        return tuple(values_of(model, frame) for frame in self.frames)

    def extend(self) -> None:
        """One more state: the last one is right, and a step leads on from it."""
        transition = self.induction.transition
        before = self.frames[-1]
        self.solver.add(z3.Not(self._over(self.goal.wrong, before, before)))
        if len(self.frames) > 1:
            step = self._over(self.goal.wrong_step, self.frames[-2], before)
            self.solver.add(z3.Not(step))
        self._append()
        chosen = transition.selector(f"{self.name}way{len(self.frames)}")
        pairs = [(self.induction.chosen, chosen)]
        step = self._over(self.induction.step, before, self.frames[-1])
        self.solver.add(z3.substitute(step, pairs))
        for fact in self.induction.facts:
            self.solver.add(fact.formula(self.frames[-1]))

    def _over(
        self, formula: z3.BoolRef, now: Sequence[Number], then: Sequence[Number]
    ) -> z3.BoolRef:
        transition = self.induction.transition
        pairs = [*zip(transition.now, now, strict=True), *zip(transition.then, then, strict=True)]
        return moved(formula, iter(pairs))
