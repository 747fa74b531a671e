"""Searches with stubborn sets, again and again until they saw no more than they took for granted.

Before the first of them a short search that leaves nothing out shows most of what is entered; the
tables of each other one know what those before it saw. A search to its end that enters no arm but
those that its tables know of is right: docs/soundness.md, "Arms that are never entered". One that
finds a violation is at once. A search that leaves nothing out sees arms at many times the pace of
one that must choose, so the first look is long: what a long search with tables saw too late is for
nothing.
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

    def searched(given: SearchOptions, bound: int | None = None) -> SearchResult:
        spent = time.perf_counter() - started
        left = None if options.time_limit is None else max(0.0, options.time_limit - spent)
        bounds = [item for item in (bound, options.max_states) if item is not None]
        most = min(bounds, default=None)
        result = search(evolve(given, time_limit=left, max_states=most))
        return evolve(result, seconds=spent + result.seconds)

    known = Entered.nothing(tables.states) if options.entered is None else options.entered
    if options.entered is None:
        everything = evolve(options, reductions=options.reductions - STUBBORN)
        result = searched(everything, look)
        if result.stop_reason in (StopReason.VIOLATION, StopReason.INTERRUPTED):
            return result, everything
        known |= _seen(result)
    known = tables.closed(known)
    while True:
        given = evolve(options, entered=known)
        result = searched(given)
        seen = tables.closed(_seen(result)) | known
        if result.stop_reason is not StopReason.EXHAUSTED or seen == known:
            return result, given
        known = seen


def _seen(result: SearchResult) -> Entered:
    assert result.entered is not None
    return result.entered
