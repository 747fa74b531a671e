"""Breadth-first search: every reachable state once, level by level, shortest traces.

Deterministic: states are found in the order of their parents, actors and arms.
"""

from __future__ import annotations

from collections.abc import Iterator

from ksmcheck.analysis.symbols import Undecided
from ksmcheck.analysis.tables import Tables
from ksmcheck.explore.bounding import Bounder
from ksmcheck.explore.limits import Limits, peak_bytes
from ksmcheck.explore.merging import Merger
from ksmcheck.explore.options import SearchOptions, StopReason
from ksmcheck.explore.progress import Progress
from ksmcheck.explore.reductions import Reduction
from ksmcheck.explore.result import SearchResult
from ksmcheck.explore.selecting import Outcomes, Selector, savings, selector
from ksmcheck.explore.stepper import CompiledStep, Stepper
from ksmcheck.explore.verdicts import Verdicts
from ksmcheck.explore.visited import Visited
from ksmcheck.ir.program import Program

# States that are expanded between two looks at the clock: some tens of milliseconds.
BATCH = 1000


def breadth_first(
    program: Program,
    stepper: Stepper,
    options: SearchOptions,
    progress: Progress | None = None,
    tables: Tables | None = None,
) -> SearchResult:
    """Explore ``program`` with ``stepper``. UserError when setup gives no initial state.

    ``tables``: take only what these choose.
    """
    limits = Limits(options, progress)
    chosen = None if tables is None else selector(program, options, stepper, tables)
    search, query = _Search(program, stepper, options, chosen), ""
    with limits.guarding():
        try:
            search.visited.add_initial(stepper.initial())
            search.verdicts.judge_initial()
            stop = search.run(limits)
        except Undecided as undecided:
            stop, query = StopReason.UNDECIDED, undecided.query
    findings = tuple(search.verdicts.findings)
    fired: list[set[int]] = [set() for _ in program.actors]
    for step in stepper.steps:
        if step.fired:
            fired[step.actor].add(step.location)
    return SearchResult(
        stop_reason=stop,
        states=len(search.visited.states),
        transitions=search.transitions + search.passed,
        depth=findings[0].depth if stop is StopReason.VIOLATION else search.depth,
        seconds=limits.elapsed,
        findings=findings,
        witnessed=frozenset(search.verdicts.witnessed),
        fired=tuple(frozenset(item) for item in fired),
        edges=search.verdicts.edges,
        peak_memory_bytes=peak_bytes(),
        bytes_per_state=search.visited.bytes_per_state(),
        undecided=query,
        savings=()
        if chosen is None
        else savings(chosen.left_out, None if search.merger is None else search.passed),
    )


class _Search:
    """One search. ``depth`` is the level of the deepest state found."""

    def __init__(
        self,
        program: Program,
        stepper: Stepper,
        options: SearchOptions,
        chosen: Selector | None,
    ) -> None:
        self._bounder = Bounder.of(program)
        self._selector = chosen
        self._stepper = stepper
        self._options = options
        self.visited = Visited()
        merging = chosen is not None and Reduction.MERGE in options.reductions
        self.verdicts = Verdicts(
            program, stepper, self.visited, options.all_violations, patient=merging
        )
        self.merger: Merger | None = None
        if chosen is not None and merging:
            self.merger = Merger(stepper, chosen, self.verdicts, self.visited.seen)
        self.transitions = 0
        self.depth = 0

    @property
    def passed(self) -> int:
        """The states that were run through and not stored."""
        return 0 if self.merger is None else self.merger.passed

    def run(self, limits: Limits) -> StopReason:
        """Expand one level after the other until nothing is new or something says stop."""
        states = self.visited.states
        level, start, end = 0, 0, len(states)
        if self.verdicts.settled:
            return StopReason.VIOLATION
        while start < end:
            if level == self._options.max_depth:
                return StopReason.DEPTH_LIMIT
            for batch in range(start, end, BATCH):
                stop = self._expand(range(batch, min(batch + BATCH, end)))
                if len(states) > end:
                    self.depth = level + 1
                frontier = len(states) - min(batch + BATCH, end)
                stop = stop or limits.poll(len(states), self.transitions, frontier, level)
                if self.verdicts.settled:
                    stop = StopReason.VIOLATION
                    self.verdicts.prefer_deadlock(range(start, end))
                if stop is not None:
                    return stop
            self.verdicts.end_level()
            level, start, end = level + 1, end, len(states)
        return StopReason.EXHAUSTED

    def _outcomes(self, number: int) -> Iterator[tuple[CompiledStep, Outcomes]]:
        """The steps to take from state ``number``, each with what it leads to."""
        state = self.visited.states[number]
        steps = self._stepper.current(state)
        found = [step.run(state) for step in steps]
        if self._bounder is not None:
            found = self._bounder.taken(state, steps, found)
        if self._selector is None:
            return zip(steps, found, strict=True)
        taken = zip(steps, self._selector.taken(state, found), strict=True)
        if self.merger is None:
            return taken
        return self.merger.outcomes(number, state, taken, self._selector.takes_all(state, found))

    def _expand(self, batch: range) -> StopReason | None:
        """Take every step from every state of ``batch``: the loop where the time goes."""
        states, seen, parents = self.visited.states, self.visited.seen, self.visited.parents
        verdicts, outcomes_of = self.verdicts, self._outcomes
        observed, canonical = self._stepper.observed, self._stepper.canonical
        room = -1 if self._options.max_states is None else self._options.max_states
        for number in batch:
            state = states[number]
            taken = 0
            for step, outcomes in outcomes_of(number):
                if not outcomes:
                    continue
                taken += len(outcomes)
                step.fired = True
                if step.on_transition:
                    verdicts.judge_transitions(step, number, outcomes)
                for outcome in outcomes if canonical is None else map(canonical, outcomes):
                    if outcome in seen:
                        continue
                    if isinstance(outcome, int):
                        verdicts.fault(outcome, number)
                        continue
                    if len(states) == room:
                        self.transitions += taken
                        return StopReason.STATE_LIMIT
                    seen.add(outcome)
                    states.append(outcome)
                    parents.append(number)
                    for watch in step.on_state:
                        hit = watch.test(state, outcome)
                        if hit:
                            verdicts.judge(watch, hit, len(states) - 1)
            self.transitions += taken
            if not taken:
                verdicts.stuck(number)
            if observed:
                verdicts.observe(number)
            if verdicts.settled:
                break
        return None
