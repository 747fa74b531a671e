"""Searches with stubborn sets, again and again until they saw no more than they took for granted.

The tables of the first search know of nothing that anybody does, those of the next one of what the
last one saw. A search to its end that enters no arm but those that its tables know of is right:
docs/soundness.md, "Arms that are never entered". One that finds a violation is at once.
"""

from __future__ import annotations

import time
from collections.abc import Callable

from attrs import evolve

from ksmcheck.analysis.arms import Entered
from ksmcheck.analysis.local_states import LocalStates, local_states, locations_alone
from ksmcheck.analysis.symmetry.canonical import Canonical
from ksmcheck.explore.options import SearchOptions, StopReason
from ksmcheck.explore.reductions import Reduction
from ksmcheck.explore.result import SearchResult
from ksmcheck.ir.program import Program

Search = Callable[[SearchOptions], SearchResult]


def states_for(
    program: Program, reductions: frozenset[Reduction], canonical: Canonical | None
) -> LocalStates | None:
    """What tables of stubborn sets tell apart; None without stubborn sets."""
    if Reduction.POR not in reductions:
        return None
    return local_states(program) if canonical is None else locations_alone(program)


def settled(
    states: LocalStates, options: SearchOptions, canonical: Canonical | None, search: Search
) -> tuple[SearchResult, SearchOptions]:
    """The last search, with the time of all of them, and the options that it had.

    ``states`` are what tables tell apart. ``canonical`` is how states are stored, if not as they
    are.
    """
    known = Entered.nothing(states) if options.entered is None else options.entered
    started = time.perf_counter()
    while True:
        spent = time.perf_counter() - started
        left = None if options.time_limit is None else max(0.0, options.time_limit - spent)
        given = evolve(options, entered=known, time_limit=left)
        result = search(given)
        seen = result.entered
        assert seen is not None
        if canonical is not None:
            seen = seen.whole_steps(tuple(item.actors for item in canonical.group))
        if result.stop_reason is not StopReason.EXHAUSTED or seen | known == known:
            return evolve(result, seconds=spent + result.seconds), given
        known |= seen
