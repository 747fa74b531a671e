"""Searches within a bound on preemptions: what the python engine takes, and findings without it."""

from __future__ import annotations

from attrs import evolve, frozen

from ksmcheck.analysis.preemptions import Bound, bound_of
from ksmcheck.backends.python.layout import Place, lay_out
from ksmcheck.explore.result import SearchResult
from ksmcheck.explore.selecting import Outcomes
from ksmcheck.explore.stepper import CompiledStep, Packed
from ksmcheck.ir.program import Program


@frozen
class Bounder:
    """Keeps the two variables of a bounded program up to date in packed states."""

    bound: Bound
    last: Place
    count: Place

    @classmethod
    def of(cls, program: Program) -> Bounder | None:
        """None when the program has no bound."""
        bound = bound_of(program)
        if bound is None:
            return None
        places = lay_out(program).places
        return cls(bound, places[bound.last], places[bound.count])

    def taken(
        self, state: Packed, steps: tuple[CompiledStep, ...], found: list[Outcomes]
    ) -> list[Outcomes]:
        """``found``, what the actors' current ``steps`` lead to, as far as the bound allows it."""
        last, count = self._read(state, self.last) - 1, self._read(state, self.count)
        preempted = last >= 0 and bool(found[last])
        result: list[Outcomes] = []
        for actor, (step, outcomes) in enumerate(zip(steps, found, strict=True)):
            more = count + (preempted and actor != last)
            kept: Outcomes = ()
            if more <= self.bound.most:
                kept = tuple(
                    item if isinstance(item, int) else self._after(item, step.actor + 1, more)
                    for item in outcomes
                )
            result.append(kept)
        return result

    def _read(self, state: Packed, place: Place) -> int:
        end = place.base + place.width
        return int.from_bytes(state[place.base : end], "little") + place.bias

    def _after(self, state: Packed, last: int, count: int) -> Packed:
        changed = bytearray(state)
        for place, value in ((self.last, last), (self.count, count)):
            stored = (value - place.bias).to_bytes(place.width, "little")
            changed[place.base : place.base + place.width] = stored
        return bytes(changed)


def without_bound(result: SearchResult) -> SearchResult:
    """The result of a bounded program as one of the program itself."""
    findings = tuple(
        evolve(item, path=tuple(state[:-2] for state in item.path)) for item in result.findings
    )
    return evolve(result, findings=findings)
