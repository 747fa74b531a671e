"""Notes which arms of its steps each actor enters in which of its local states."""

from __future__ import annotations

from collections.abc import Callable

from attrs import define, field

from ksmcheck.analysis.arms import Entered
from ksmcheck.analysis.local_states import LocalStates
from ksmcheck.backends.python.layout import Layout, Place

Packed = bytes
Run = Callable[[Packed], tuple[Packed | int, ...]]


@define(eq=False)
class Marks:
    """``scratch[0]`` is where the step that is being run notes its arms."""

    states: LocalStates
    layout: Layout
    scratch: list[int]
    _homes: tuple[Place, ...] = field(init=False)
    _digits: tuple[tuple[tuple[tuple[Place, int, int], ...], ...], ...] = field(init=False)
    _found: tuple[dict[int, int], ...] = field(init=False)

    def __attrs_post_init__(self) -> None:
        places, cells, homes = self.layout.places, self.layout.cells, dict[int, Place]()
        start = 0
        for place, count in zip(places, cells, strict=True):
            homes[start] = place
            start += count
        self._homes = tuple(homes[cell] for cell in self.states.locations)
        self._digits = tuple(
            tuple(tuple((homes[d.cell], d.lo, d.weight) for d in each) for each in digits)
            for digits in self.states.digits
        )
        self._found = tuple({} for _ in self.states.first)

    def number(self, actor: int, state: Packed) -> int:
        """The actor's local state."""
        at = _value(self._homes[actor], state)
        found = self.states.first[actor][at]
        for place, lo, weight in self._digits[actor][at]:
            found += (_value(place, state) - lo) * weight
        return found

    def numbers(self, state: Packed) -> tuple[int, ...]:
        """The local states of all actors."""
        return tuple(self.number(actor, state) for actor in range(len(self._homes)))

    def noting(self, actor: int, run: Run) -> Run:
        """``run``, a step of the actor, such that what it notes is kept."""
        scratch, found = self.scratch, self._found[actor]

        def noted(state: Packed) -> tuple[Packed | int, ...]:
            scratch[0] = 0
            outcomes = run(state)
            number = self.number(actor, state)
            found[number] = found.get(number, 0) | scratch[0]
            return outcomes

        return noted

    def entered(self) -> Entered:
        """What was noted."""
        return Entered(self.states, tuple(map(dict, self._found)))


def _value(place: Place, state: Packed) -> int:
    stored = int.from_bytes(state[place.base : place.base + place.width], "little")
    return stored + place.bias
