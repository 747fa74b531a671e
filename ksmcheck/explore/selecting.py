"""Which of a state's steps a search takes: all of them, or what a stubborn set leaves."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from attrs import define, field

from ksmcheck.analysis.stubborn import Stubborn
from ksmcheck.analysis.symbols import symbols_of
from ksmcheck.analysis.tables import Tables
from ksmcheck.explore.options import SearchOptions
from ksmcheck.explore.reductions import Reduction
from ksmcheck.explore.result import Saving
from ksmcheck.explore.stepper import Packed, Stepper
from ksmcheck.ir.program import Program

Outcomes = tuple[Packed | int, ...]


@define
class Selector:
    """Looks up stubborn sets; ``local_states`` are those of the actors in a state.

    ``left_out`` counts the steps that need not be taken.

    ``symbolic``: a state stands for many, in some of which a step may lead on and fault in others.
    """

    tables: Stubborn
    aim: int
    local_states: Callable[[Packed], tuple[int, ...]]
    symbolic: bool = False
    left_out: int = 0
    _known: dict[tuple[tuple[int, ...], int], int] = field(factory=dict)
    _alone: dict[tuple[tuple[int, ...], int], int | None] = field(factory=dict)
    _onward: dict[tuple[int, int, tuple[int, ...]], bool] = field(factory=dict)

    def taken(self, state: Packed, found: list[Outcomes]) -> list[Outcomes]:
        """``found``, what the actors' steps lead to from ``state``, without what may be left out.

        What a step that is left out shows by itself, a fault, is kept.
        """
        enabled = leading_on(found)
        if self.symbolic and any(map(_undecided, found)):
            return found
        moving = self._moving(self.local_states(state), enabled)
        if moving == enabled:
            return found
        self.left_out += (enabled & ~moving).bit_count()
        return [
            outcomes
            if moving >> actor & 1
            else tuple(item for item in outcomes if isinstance(item, int))
            for actor, outcomes in enumerate(found)
        ]

    def alone(self, state: Packed, found: list[Outcomes]) -> int | None:
        """The actor whose step is the only one to take, when it has one outcome and leads on."""
        enabled = leading_on(found)
        numbers = self.local_states(state)
        if (numbers, enabled) not in self._alone:
            at = self.tables.at(numbers)
            self._alone[numbers, enabled] = self.tables.alone(at, enabled, self.aim)
        actor = self._alone[numbers, enabled]
        return actor if actor is None or len(found[actor]) == 1 else None

    def takes_all(self, state: Packed, found: list[Outcomes]) -> bool:
        """Is nothing left out of ``found``, so that a search may go on from right movers?"""
        if self.symbolic and any(map(_undecided, found)):
            return False
        enabled = leading_on(found)
        return self._moving(self.local_states(state), enabled) == enabled

    def goes_on(self, actor: int, before: Packed, state: Packed) -> bool:
        """May a search go on with ``actor`` alone, whose step led from ``before`` to ``state``?

        Either everything is taken from ``before``, or it went on there in the same way.
        """
        was, numbers = self.local_states(before)[actor], self.local_states(state)
        if (actor, was, numbers) not in self._onward:
            point, at = self.tables.point(actor, was), self.tables.at(numbers)
            self._onward[actor, was, numbers] = self.tables.goes_on(actor, point, at, self.aim)
        return self._onward[actor, was, numbers]

    def _moving(self, numbers: tuple[int, ...], enabled: int) -> int:
        if not enabled & (enabled - 1):
            return enabled
        moving = self._known.get((numbers, enabled))
        if moving is None:
            at = self.tables.at(numbers)
            moving = self._known[numbers, enabled] = self.tables.choose(at, enabled, self.aim)
        return moving


def _undecided(outcomes: Outcomes) -> bool:
    """Does a step both lead on and fault?"""
    faults = sum(isinstance(item, int) for item in outcomes)
    return 0 < faults < len(outcomes)


def leading_on(found: Iterable[Outcomes]) -> int:
    """The actors with an outcome that is a state, as bits."""
    enabled = 0
    for actor, outcomes in enumerate(found):
        if any(not isinstance(item, int) for item in outcomes):
            enabled |= 1 << actor
    return enabled


def selector(
    program: Program, options: SearchOptions, stepper: Stepper, tables: Tables
) -> Selector:
    """What ``options`` ask for."""
    found = tables.of(options.entered)
    symbolic = symbols_of(program).condition >= 0
    return Selector(found, found.aim(options.aim), stepper.local_states, symbolic)


def savings(left_out: int, passed: int | None) -> tuple[Saving, ...]:
    """What the report says of the steps that need not be taken, and of states not stored."""
    por = Saving(Reduction.POR, f"{left_out:,} enabled steps left out")
    if passed is None:
        return (por,)
    return por, Saving(Reduction.MERGE, f"{passed:,} states run through and not stored")
