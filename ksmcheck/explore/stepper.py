"""What the breadth-first loop needs of an engine that runs steps one state at a time.

States are opaque packed bytes. The loop touches these objects for every state, so engines make
them plain and slotted; the search changes them only through the methods of the Stepper.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

Packed = bytes
Run = Callable[[Packed], tuple[Packed | int, ...]]
Test = Callable[[Packed, Packed], int]


class Watch(Protocol):
    """Something about property number `property` that is looked for until it is found.

    ``test(before, after)`` is 0 while there is nothing to tell. Otherwise the property's witness is
    reached (``witness``), or the property is false for the instance of number ``test(...) - 1``;
    or, when ``stutter``, one of the two would be so for a step that changes nothing that it reads
    (the step predicates of Stepper.widen).
    """

    @property
    def number(self) -> int: ...
    @property
    def subject(self) -> int: ...
    @property
    def witness(self) -> bool: ...
    @property
    def stutter(self) -> bool: ...
    @property
    def test(self) -> Test: ...


class CompiledStep(Protocol):
    """One step of one actor, as a function.

    ``run(state)`` gives its outcomes in order: the state after, or the number of a fault; () when
    it is not enabled. ``on_state`` is asked of states that are new,
    ``on_transition`` of every outcome that has a state. The loop sets ``fired``.
    """

    fired: bool

    @property
    def actor(self) -> int: ...
    @property
    def location(self) -> int: ...
    @property
    def run(self) -> Run: ...
    @property
    def on_state(self) -> Sequence[Watch]: ...
    @property
    def on_transition(self) -> Sequence[Watch]: ...


class Stepper(Protocol):
    """A model, compiled for one search."""

    @property
    def steps(self) -> Sequence[CompiledStep]:
        """All steps of all actors."""
        ...

    @property
    def watches(self) -> Sequence[Watch]:
        """All that is asked of initial states."""
        ...

    @property
    def observed(self) -> list[tuple[int, Packed]]:
        """Filled by running steps, emptied by the search: (mask of flags, state after)."""
        ...

    @property
    def current(self) -> Callable[[Packed], tuple[CompiledStep, ...]]:
        """The step at which each actor stands, actors in order; never enabled when it is done."""
        ...

    @property
    def over(self) -> Callable[[Packed], bool]:
        """True when every finite actor is done."""
        ...

    @property
    def canonical(self) -> Callable[[Packed | int], Packed | int] | None:
        """The state that is stored for a state (for a fault, the fault); None: the state itself."""
        ...

    def initial(self) -> list[Packed]:
        """The distinct initial states, canonical; UserError when there is none."""
        ...

    def local_states(self, state: Packed) -> tuple[int, ...]:
        """The numbers of the actors' local states, in a search with stubborn sets."""
        ...

    def unpack(self, state: Packed) -> tuple[int, ...]:
        """The flat state that ``state`` stands for."""
        ...

    def drop(self, watch: int) -> None:
        """The watch of this number was hit: it need not be asked any more."""
        ...

    def widen(self, watch: int) -> None:
        """The stutter watch of this number was hit.

        From now on every step can hit the watch that it stands for, whatever the step changes.
        """
        ...

    def forget(self, flag: int) -> None:
        """The flag is known: it need not be observed again."""
        ...
