"""Searches with stubborn sets, again and again until they saw no more than they took for granted.

Before the first of them a short search that leaves nothing out shows most of what is entered; the
tables of each other one know what those before it saw. A search to its end that enters no arm but
those that its tables know of is right: docs/soundness.md, "Arms that are never entered". One that
finds a violation is at once. The first ones are short, with tables that cost little, because what a
long one saw too late is for nothing.
"""

from __future__ import annotations

import time
from collections.abc import Callable

from attrs import evolve

from ksmcheck.analysis.arms import Entered
from ksmcheck.analysis.tables import Tables
from ksmcheck.explore.options import SearchOptions, StopReason
from ksmcheck.explore.reductions import Reduction
from ksmcheck.explore.result import SearchResult

# So many states a search with rough tables may have at least.
ROUGH = 16_000

STUBBORN = frozenset({Reduction.POR, Reduction.MERGE})

Search = Callable[[SearchOptions], SearchResult]


def settled(
    tables: Tables, options: SearchOptions, search: Search, look: int
) -> tuple[SearchResult, SearchOptions]:
    """The last search, with the time of all of them, and the options that it had.

    ``tables`` are those that ``search`` uses, unless its options are without stubborn sets.
    ``look`` is how many states are looked at before tables are made.
    """
    started = time.perf_counter()

    def searched(given: SearchOptions, bound: int | None) -> SearchResult:
        spent = time.perf_counter() - started
        left = None if options.time_limit is None else max(0.0, options.time_limit - spent)
        bounds = [item for item in (bound, options.max_states) if item is not None]
        most = min(bounds, default=None)
        result = search(evolve(given, time_limit=left, max_states=most))
        return evolve(result, seconds=spent + result.seconds)

    known = Entered.nothing(tables.states) if options.entered is None else options.entered
    tables.rough = options.entered is None
    if tables.rough:
        everything = evolve(options, reductions=options.reductions - STUBBORN)
        result = searched(everything, look)
        if result.stop_reason in (StopReason.VIOLATION, StopReason.INTERRUPTED):
            return result, everything
        known |= _seen(result)
        tables.rough = result.stop_reason is not StopReason.EXHAUSTED
    known = tables.closed(known)
    while True:
        given = evolve(options, entered=known)
        result = searched(given, max(look, ROUGH) if tables.rough else None)
        seen = tables.closed(_seen(result)) | known
        short = tables.rough and result.stop_reason is StopReason.STATE_LIMIT
        over = result.stop_reason is not StopReason.EXHAUSTED and not short
        if over or (seen == known and not tables.rough):
            return result, given
        tables.rough = tables.rough and seen != known
        # The same object as long as it is the same set: tables are remembered for it.
        known = known if seen == known else seen


def _seen(result: SearchResult) -> Entered:
    assert result.entered is not None
    return result.entered
