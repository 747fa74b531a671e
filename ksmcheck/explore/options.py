"""What may be asked of a search, and why a search may stop. The same for every engine."""

from __future__ import annotations

from enum import Enum

from attrs import frozen

from ksmcheck.analysis.arms import Entered
from ksmcheck.analysis.stubborn import Aim
from ksmcheck.analysis.symbols import Oracle
from ksmcheck.explore.reductions import Reduction


@frozen
class SearchOptions:
    """Limits are None when there is none.

    ``max_states``: never store more states than this. ``max_depth``: states this many steps from
    an initial one are not expanded. ``time_limit`` in seconds; ``memory_limit`` in bytes of
    resident memory. ``all_violations``: go on after a violation, and report each property once.
    ``readable``: of each violation give a path with few context switches, see shortening.py.
    ``preemptions``: only runs with at most so many, see analysis/preemptions.py.
    ``reductions``: what may be left out of the search; see decide() in reductions.py. ``aim``: what
    a search with reductions must not miss. ``entered``: the arms of steps that stubborn sets take
    for all that are entered (None: they find out), see assuming.py. ``oracle``: who answers
    questions about symbols, when not a new one: states of two searches compare only with the same.
    ``if_paying``: renamings beside stubborn sets only where they pay, see paying.py. ``unrenamed``:
    the canonical form without them.
    """

    max_states: int | None = None
    max_depth: int | None = None
    time_limit: float | None = None
    memory_limit: int | None = None
    all_violations: bool = False
    readable: bool = False
    preemptions: int | None = None
    reductions: frozenset[Reduction] = frozenset()
    aim: Aim = Aim.VIOLATIONS
    entered: Entered | None = None
    oracle: Oracle | None = None
    if_paying: bool = False
    unrenamed: bool = False


class StopReason(Enum):
    """Why the search ended; the values are those of the JSON report."""

    EXHAUSTED = "exhausted"
    VIOLATION = "violation"
    STATE_LIMIT = "state_limit"
    DEPTH_LIMIT = "depth_limit"
    TIME_LIMIT = "time_limit"
    MEMORY_LIMIT = "memory_limit"
    INTERRUPTED = "interrupted"
    UNDECIDED = "undecided"
