"""Searches that store one state of each class: how they choose it, and real paths again.

A search with symmetries or without dead cells stores canonical states, each like a state that can
be reached but for names and dead cells. From its path a real one is made: from a real initial
state on, always to a successor whose canonical form is the next on the path. There is one, because
renamings map steps to steps, and no step looks at what is dead.
"""

from __future__ import annotations

from attrs import evolve, frozen

from ksmcheck.analysis.dead import dead_cells
from ksmcheck.analysis.symbols import Oracle
from ksmcheck.analysis.symmetry.alike import alike
from ksmcheck.analysis.symmetry.automorphisms import Symmetries, symmetries
from ksmcheck.analysis.symmetry.canonical import Canonical
from ksmcheck.backends.evaluator import Evaluator
from ksmcheck.diagnostics import InternalError
from ksmcheck.explore.reductions import Reduction
from ksmcheck.explore.result import Finding, FindingKind, Saving, SearchResult, State
from ksmcheck.ir.program import Program, Property, PropertyKind


def canonical_form(
    program: Program, reductions: frozenset[Reduction], oracle: Oracle | None
) -> Canonical | None:
    """How states are stored with these reductions; None: as they are."""
    found = _renamings(program, reductions)
    dead = dead_cells(program) if Reduction.DEAD in reductions else None
    if dead is None:
        return None if found.trivial else Canonical(program, found, oracle)
    return Canonical(program, found, oracle, alike(program, dead, found))


def _renamings(program: Program, reductions: frozenset[Reduction]) -> Symmetries:
    """The symmetries that the reductions stand for."""
    if not reductions & {Reduction.SYMMETRY, Reduction.HEAP}:
        return Symmetries((), (), (), frozenset())
    found = symmetries(program)
    if Reduction.HEAP not in reductions:
        return found.of_others
    return found if Reduction.SYMMETRY in reductions else found.of_heap


def made_real(program: Program, canonical: Canonical, result: SearchResult) -> SearchResult:
    """The result with paths of real states, and with what happened to renamed actors."""
    maker = _Real(program, Evaluator(program, result.oracle), canonical)
    dead = canonical.dead
    told = () if dead is None else (Saving(Reduction.DEAD, f"{dead.count} cells die"),)
    return evolve(
        result,
        savings=(*result.savings, *told),
        findings=tuple(map(maker.finding, result.findings)),
        fired=maker.fired(result.fired),
    )


@frozen
class _Real:
    program: Program
    evaluator: Evaluator
    canonical: Canonical

    def fired(self, fired: tuple[frozenset[int], ...]) -> tuple[frozenset[int], ...]:
        """A step that fired in some state fires, renamed, in the renamed state."""
        found = [set(item) for item in fired]
        for permutation in self.canonical.group:
            for actor, image in permutation.actors:
                found[image] |= fired[actor]
        return tuple(map(frozenset, found))

    def finding(self, finding: Finding) -> Finding:
        """The same finding, on a path of real states."""
        after = finding.kind is FindingKind.LOCK_ORDER or self._over_step(finding)
        stored = finding.path[:-1] if after else finding.path
        path = self._path([self.canonical(state) for state in stored])
        match finding.kind:
            case FindingKind.FAULT:
                return evolve(finding, path=path, index=self._fault(path[-1], finding.index))
            case FindingKind.LOCK_ORDER:
                return evolve(finding, path=(*path, self._observed(path[-1], finding.index)))
            case FindingKind.PROPERTY if after:
                return self._step(finding, path)
            case FindingKind.PROPERTY:
                wrong = self._wrong(self._property(finding), path[-1], None)
                return evolve(finding, path=path, instance=self._known(wrong))
            case _:
                return evolve(finding, path=path)

    def _over_step(self, finding: Finding) -> bool:
        if finding.kind is not FindingKind.PROPERTY:
            return False
        return self._property(finding).kind is PropertyKind.STEP

    def _property(self, finding: Finding) -> Property:
        return self.program.properties[finding.index]

    def _path(self, stored: list[State]) -> tuple[State, ...]:
        """A real path whose states have these canonical forms."""
        path: list[State] = []
        for form in stored:
            nexts = (
                [o.state for o in self.evaluator.successors(path[-1]) if o.state is not None]
                if path
                else self.evaluator.initial()
            )
            real = next((state for state in nexts if self.canonical(state) == form), None)
            if real is None:
                raise InternalError("no real state belongs to a stored one")
            path.append(real)
        return tuple(path)

    def _fault(self, state: State, fault: int) -> int:
        """The fault that a step from the real state ends in: renamed, but of the same check."""
        wanted = (self.program.faults[fault].check, self.program.faults[fault].code)
        for outcome in self.evaluator.successors(state):
            if outcome.fault is not None:
                found = self.program.faults[outcome.fault]
                if (found.check, found.code) == wanted:
                    return outcome.fault
        raise InternalError("no step from the real state ends in the fault")

    def _observed(self, state: State, flag: int) -> State:
        for outcome in self.evaluator.successors(state):
            if outcome.state is not None and flag in outcome.flags:
                return outcome.state
        raise InternalError("no step from the real state takes the locks in that order")

    def _step(self, finding: Finding, path: tuple[State, ...]) -> Finding:
        item = self._property(finding)
        for outcome in self.evaluator.successors(path[-1]):
            if outcome.state is not None:
                wrong = self._wrong(item, outcome.state, path[-1])
                if wrong is not None:
                    return evolve(finding, path=(*path, outcome.state), instance=wrong)
        raise InternalError("no step from the real state violates the property")

    def _wrong(self, item: Property, state: State, old: State | None) -> int | None:
        """The first instance that is false."""
        for number, instance in enumerate(item.instances):
            if not self.evaluator.value(instance.predicate, state, old):
                return number
        return None

    def _known(self, wrong: int | None) -> int:
        if wrong is None:
            raise InternalError("the property holds in the real state")
        return wrong
