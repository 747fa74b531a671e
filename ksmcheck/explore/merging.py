"""Runs through states from which one step alone is to be taken, instead of storing them.

Where a stubborn set is one actor's step with one outcome, the state is passed: only the state where
that ends is stored. So is the state to which a right mover led (movers.py) from one in which every
step is taken: all outcomes of the same actor's next step are followed from there. A passed state at
which there is something to tell, a violation or a fault, is stored after all, so that whatever is
found is found at a stored state. It cannot go round in circles: it stops after a step that closes a
cycle of its actor, and before one that would be a left mover. Tables that do not know all that
happens (assuming.py) may not know of a cycle, so a run ends at some length anyway.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from attrs import define

from ksmcheck.explore.selecting import Outcomes, Selector
from ksmcheck.explore.stepper import CompiledStep, Packed, Run, Stepper, Watch
from ksmcheck.explore.verdicts import Verdicts

# States that are run through in a row: KSM_LONGEST_RUN in search.h.
LONGEST = 250

# Outcomes of steps after right movers that are followed from one stored state, but for those of the
# last step: KSM_MOST_ONWARD in search.h.
MOST_ONWARD = 250


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
    _room: int = 0

    def outcomes(
        self,
        number: int,
        state: Packed,
        found: Iterator[tuple[CompiledStep, Outcomes]],
        everything: bool,
    ) -> Iterator[tuple[CompiledStep, Outcomes]]:
        """``found``, the steps from state ``number``, each followed to where it is to be stored.

        ``everything``: no step is left out.
        """
        self._room = MOST_ONWARD if everything else 0
        for step, outcomes in found:
            kept: list[Packed | int] = []
            for outcome in outcomes:
                if isinstance(outcome, int):
                    kept.append(outcome)
                    continue
                ends = [self._settle(*end) for end in self._compound(step, state, outcome)]
                if len(ends) == 1 and ends[0][1] == outcome:
                    kept.append(outcome)
                    continue
                step.fired = True
                self.verdicts.judge_transitions(step, number, (outcome,))
                for last, end in ends:
                    yield _Arrival(last), (end,)
            if kept:
                yield step, tuple(kept)

    def _compound(
        self, step: CompiledStep, state: Packed, outcome: Packed
    ) -> Iterator[tuple[CompiledStep, Packed]]:
        """Where right movers of one actor end that begin with ``step``; the last step of each."""
        waiting = [(step, state, outcome)]
        while waiting:
            last, before, here = waiting.pop()
            onward = self._onward(last, before, here)
            if onward is None:
                yield last, here
                continue
            step, nexts = onward
            step.fired = True
            self.passed += 1
            self._room -= len(nexts)
            waiting += [(step, here, after) for after in reversed(nexts)]

    def _onward(
        self, step: CompiledStep, before: Packed, state: Packed
    ) -> tuple[CompiledStep, list[Packed]] | None:
        """The step that is taken at once after ``step``, and what it leads to; None: ``state`` is

        to be stored.
        """
        if self._room <= 0 or not self.selector.goes_on(step.actor, before, state):
            return None
        observed = self.stepper.observed
        known = len(observed)
        steps = self.stepper.current(state)
        found = [item.run(state) for item in steps]
        news = len(observed) > known
        del observed[known:]
        if news or self._tells(step, state, steps, found):
            return None
        nexts = [item for item in found[step.actor] if not isinstance(item, int)]
        return (steps[step.actor], nexts) if nexts else None

    def _settle(self, step: CompiledStep, state: Packed) -> tuple[CompiledStep, Packed]:
        """Where to store for ``state``, which ``step`` led to."""
        # A state that is stored is not run through any more; canonical forms are not looked for.
        known = self.stepper.canonical is None and state in self.seen
        return (step, state) if known else self._follow(step, state)

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
