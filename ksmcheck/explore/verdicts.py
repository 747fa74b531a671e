"""What a search has found so far, and what it need not look for any more."""

from __future__ import annotations

from ksmcheck.explore.lock_order import LockOrder
from ksmcheck.explore.result import Finding, FindingKind
from ksmcheck.explore.stepper import CompiledStep, Packed, Stepper, Watch
from ksmcheck.explore.visited import Visited
from ksmcheck.ir.program import BuiltinCheck, Program


class Verdicts:
    """Collects findings, one for each property, fault and lock-order cycle, and one deadlock.

    States are found in breadth-first order, so the first finding of a kind has a shortest path.
    ``settled`` turns True at the first finding, unless ``all_violations``. ``patient``: a flag that
    was found goes on being observed to the end of the level, and a violated property goes on being
    asked, so that its states are all alike.
    """

    def __init__(
        self,
        program: Program,
        stepper: Stepper,
        visited: Visited,
        all_violations: bool,
        patient: bool = False,
    ) -> None:
        self._program = program
        self._stepper = stepper
        self._visited = visited
        self._all = all_violations
        self._patient = patient
        self._flags: list[int] = []
        self._order = LockOrder(program.edges)
        self._resolved: set[int] = set()
        self._known: set[tuple[FindingKind, int]] = set()
        self.findings: list[Finding] = []
        self.witnessed: set[int] = set()
        self.settled = False

    @property
    def edges(self) -> frozenset[int]:
        """The flags observed."""
        return frozenset(self._order.seen)

    def judge(self, watch: Watch, hit: int, number: int, *after: Packed) -> None:
        """``watch`` was hit (``hit`` is not 0) in state ``number``, or by its step to ``after``."""
        if watch.number in self._resolved:
            return
        self._resolved.add(watch.number)
        if watch.stutter or watch.witness or not self._patient:
            self._stepper.drop(watch.number)
        if watch.stutter:
            self._stepper.widen(watch.number)
        elif watch.witness:
            self.witnessed.add(watch.subject)
        else:
            self._found(FindingKind.PROPERTY, watch.subject, number, *after, instance=hit - 1)

    def judge_initial(self) -> None:
        """Ask everything of the initial states, in order."""
        for number, state in enumerate(self._visited.states):
            for watch in self._stepper.watches:
                hit = watch.test(state, state)
                if hit:
                    self.judge(watch, hit, number)

    def judge_transitions(
        self, step: CompiledStep, number: int, outcomes: tuple[Packed | int, ...]
    ) -> None:
        """Ask the step properties of every outcome of ``step`` in state ``number``."""
        before = self._visited.states[number]
        for after in outcomes:
            if isinstance(after, int):
                continue
            for watch in step.on_transition:
                hit = watch.test(before, after)
                if hit:
                    self.judge(watch, hit, number, after)

    def fault(self, fault: int, number: int) -> None:
        """A step from state ``number`` ended in ``fault``; of a check that is off, it just ends."""
        if self._program.faults[fault].check in self._program.disabled:
            return
        self._found(FindingKind.FAULT, fault, number)

    def stuck(self, number: int) -> None:
        """Nobody can move in state ``number``: a deadlock, unless every finite actor is done."""
        if BuiltinCheck.DEADLOCK in self._program.disabled:
            return
        if not self._stepper.over(self._visited.states[number]):
            self._found(FindingKind.DEADLOCK, 0, number)

    def prefer_deadlock(self, level: range) -> None:
        """Replace the first finding by a deadlock in ``level``, if there is one.

        The finding was made by a step from a state of that level, so its path is one step longer
        than that of a deadlock there.
        """
        states, current = self._visited.states, self._stepper.current
        if self.findings[0].kind is FindingKind.DEADLOCK:
            return
        for number in level:
            if not any(step.run(states[number]) for step in current(states[number])):
                first, self.settled = self.findings.pop(), False
                self.stuck(number)
                if self.settled:
                    return
                self.findings, self.settled = [first], True

    def observe(self, number: int) -> None:
        """Take the flags that steps from state ``number`` observed."""
        for mask, after in self._stepper.observed:
            for flag in range(mask.bit_length()):
                if mask >> flag & 1:
                    self._edge(flag, number, after)
        self._stepper.observed.clear()

    def end_level(self) -> None:
        """Forget the flags that were found in this level, when that was to wait for its end."""
        for flag in self._flags:
            self._stepper.forget(flag)
        self._flags.clear()

    def _edge(self, flag: int, number: int, after: Packed) -> None:
        if self._patient:
            self._flags.append(flag)
        else:
            self._stepper.forget(flag)
        cycle = self._order.add(flag)
        if cycle and BuiltinCheck.LOCK_ORDER not in self._program.disabled:
            self._found(FindingKind.LOCK_ORDER, flag, number, after, cycle=cycle)

    def _found(
        self,
        kind: FindingKind,
        index: int,
        number: int,
        *after: Packed,
        instance: int = 0,
        cycle: tuple[int, ...] = (),
    ) -> None:
        if self.settled or (kind, index) in self._known:
            return
        self._known.add((kind, index))
        path = [*self._visited.path(number), *after]
        flat = tuple(self._stepper.unpack(state) for state in path)
        self.findings.append(Finding(kind, index, flat, instance, cycle))
        self.settled = not self._all
