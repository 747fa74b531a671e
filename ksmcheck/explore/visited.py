"""The visited set: every state that was found, exactly, with the state it was found from."""

from __future__ import annotations

import sys
from array import array

from attrs import Factory, define

from ksmcheck.explore.stepper import Packed

ROOT = -1


@define
class Visited:
    """All states found so far.

    ``states`` are in the order they were found, which is also the queue of the search; ``seen`` is
    the same as a set; ``parents[i]`` is the number of the state from which state i was found, ROOT
    for an initial one. The loop reads and extends the three directly, because a call for each state
    costs too much.
    """

    states: list[Packed] = Factory(list)
    seen: set[Packed] = Factory(set)
    parents: array[int] = Factory(lambda: array("q"))

    def add_initial(self, states: list[Packed]) -> None:
        """Store the initial states, which must be distinct."""
        self.states += states
        self.seen.update(states)
        self.parents.extend(ROOT for _ in states)

    def path(self, number: int) -> list[Packed]:
        """The states from an initial one to state ``number``, along the links."""
        path: list[Packed] = []
        while number != ROOT:
            path.append(self.states[number])
            number = self.parents[number]
        return path[::-1]

    def bytes_per_state(self) -> float:
        """What is stored for one state on average, in bytes: the state, queue, set and link."""
        if not self.states:
            return 0.0
        # Small objects are given out in units of 16 bytes.
        state = (sys.getsizeof(self.states[0]) + 15) // 16 * 16
        tables = sum(sys.getsizeof(table) for table in (self.states, self.seen, self.parents))
        return state + tables / len(self.states)
