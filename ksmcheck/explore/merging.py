"""Runs through states from which one step alone is to be taken, instead of storing them.

Where a stubborn set is one actor's step with one outcome, the state is passed: only the state where
that ends is stored. A passed state at which there is something to tell, a violation or a fault, is
stored after all, so that whatever is found is found at a stored state. It cannot go round in
circles: a step that closes a cycle of its actor is never passed over. Tables that do not know all
that happens (assuming.py) may not know of a cycle, so a run ends at some length anyway.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from attrs import define

from ksmcheck.explore.selecting import Outcomes, Selector
from ksmcheck.explore.stepper import CompiledStep, Packed, Run, Stepper, Watch
from ksmcheck.explore.verdicts import Verdicts

# States that are run through in a row: KSM_LONGEST_RUN in search.h.
LONGEST = 250


@define(eq=False)
class _Arrival:
    """What is still to be asked at the end of a run: what its last step can have changed."""

    last: CompiledStep
    fired: bool = True
    on_transition: tuple[Watch, ...] = ()

    @property
    def actor(self) -> int:
        return self.last.actor

    @property
    def location(self) -> int:
        return self.last.location

    @property
    def run(self) -> Run:
        return self.last.run

    @property
    def on_state(self) -> tuple[Watch, ...]:
        return tuple(self.last.on_state)


@define(eq=False)
class Merger:
    """Goes on from new states; ``passed`` counts the states that were not stored."""

    stepper: Stepper
    selector: Selector
    verdicts: Verdicts
    seen: set[Packed]
    passed: int = 0

    def outcomes(
        self, number: int, found: Iterator[tuple[CompiledStep, Outcomes]]
    ) -> Iterator[tuple[CompiledStep, Outcomes]]:
        """``found``, the steps from state ``number``, each followed to where it is to be stored."""
        # A state that is stored is not run through any more; canonical forms are not looked for.
        known = self.seen if self.stepper.canonical is None else ()
        for step, outcomes in found:
            kept: list[Packed | int] = []
            for outcome in outcomes:
                end = None
                if not isinstance(outcome, int) and outcome not in known:
                    end = self._follow(step, outcome)
                if end is None or end[1] == outcome:
                    kept.append(outcome)
                    continue
                step.fired = True
                self.verdicts.judge_transitions(step, number, (outcome,))
                yield _Arrival(end[0]), (end[1],)
            if kept:
                yield step, tuple(kept)

    def _follow(self, step: CompiledStep, state: Packed) -> tuple[CompiledStep, Packed]:
        """Where a run ends that begins with ``state``, which ``step`` led to; its last step."""
        observed = self.stepper.observed
        before = len(observed)
        for _ in range(LONGEST):
            steps = self.stepper.current(state)
            found = [item.run(state) for item in steps]
            alone = self.selector.alone(state, found)
            news = len(observed) > before
            if alone is None or news or self._tells(step, state, steps, found):
                del observed[before:]
                return step, state
            step, after = steps[alone], found[alone][0]
            assert not isinstance(after, int)
            step.fired, state = True, after
            self.passed += 1
        return step, state

    def _tells(
        self,
        step: CompiledStep,
        state: Packed,
        steps: Sequence[CompiledStep],
        found: list[Outcomes],
    ) -> bool:
        """Is there anything to tell of ``state``, or of a step from it?"""
        if any(isinstance(item, int) for outcomes in found for item in outcomes):
            return True
        asked = [(watch, state) for watch in step.on_state]
        for item, outcomes in zip(steps, found, strict=True):
            nexts = [after for after in outcomes if not isinstance(after, int)]
            asked += [(watch, after) for watch in item.on_transition for after in nexts]
        for watch, after in asked:
            hit = watch.test(state, after)
            if hit and not (watch.witness or watch.stutter):
                return True
            if hit:
                self.verdicts.judge(watch, hit, 0)
        return False
