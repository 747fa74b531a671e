"""What a search reports, whichever engine ran it."""

from __future__ import annotations

from enum import Enum

from attrs import frozen

from ksmcheck.analysis.arms import Entered
from ksmcheck.analysis.symbols import Oracle
from ksmcheck.explore.options import StopReason
from ksmcheck.explore.reductions import Reduction

State = tuple[int, ...]


class FindingKind(Enum):
    """What kind of thing is wrong."""

    PROPERTY = "property"
    FAULT = "fault"
    DEADLOCK = "deadlock"
    LOCK_ORDER = "lock-order"


@frozen
class Finding:
    """Something that is wrong, with a shortest way to it.

    ``index`` is the number of the property, of the fault, or of the flag that closed the cycle; 0
    for a deadlock. ``instance`` is the property's instance. ``cycle`` are the flags that make up a
    lock-order cycle, the closing one first. ``path`` starts in an initial state. It ends in the
    state that is wrong (for a step property or a cycle: the state after the step); for a fault, in
    the state before the faulting step, which has no state after.
    """

    kind: FindingKind
    index: int
    path: tuple[State, ...]
    instance: int = 0
    cycle: tuple[int, ...] = ()

    @property
    def depth(self) -> int:
        """How many steps the counterexample has."""
        return len(self.path) - (self.kind is not FindingKind.FAULT)


@frozen
class Saving:
    """What a reduction left out, as far as the search knows: words for the report."""

    reduction: Reduction
    words: str


@frozen
class SearchResult:
    """What was explored, and what was found.

    ``states`` are the distinct ones, the initial ones included; ``transitions`` counts every
    outcome of every expanded state; ``depth`` is the level of the deepest state or, when the search
    stopped at a violation, the length of that counterexample. ``witnessed`` are the properties
    whose witness was reached; ``fired[a]`` the locations of actor a whose step had an outcome;
    ``edges`` the flags seen; ``oracle`` gave the conditions their numbers, None when nothing is
    symbolic; ``undecided`` is the query that z3 did not decide, in SMT-LIB. Times are in seconds,
    memory in bytes; ``bytes_per_state`` is all that is stored for a state, the state itself
    included. ``savings``: one for each reduction that ran and knows what it left out.
    ``entered``: the arms of steps that a search with stubborn sets entered. ``unused``: reductions
    that would not have paid, so that the search went without them.
    """

    stop_reason: StopReason
    states: int
    transitions: int
    depth: int
    seconds: float
    findings: tuple[Finding, ...]
    witnessed: frozenset[int]
    fired: tuple[frozenset[int], ...]
    edges: frozenset[int]
    peak_memory_bytes: int
    bytes_per_state: float
    compile_seconds: float = 0.0
    oracle: Oracle | None = None
    undecided: str = ""
    savings: tuple[Saving, ...] = ()
    entered: Entered | None = None
    unused: frozenset[Reduction] = frozenset()
