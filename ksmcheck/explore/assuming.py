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
from ksmcheck.analysis.tables import Tables
from ksmcheck.explore.options import SearchOptions, StopReason
from ksmcheck.explore.result import SearchResult

Search = Callable[[SearchOptions], SearchResult]


def settled(
    tables: Tables, options: SearchOptions, search: Search
) -> tuple[SearchResult, SearchOptions]:
    """The last search, with the time of all of them, and the options that it had.

    ``tables`` are those that ``search`` uses.
    """
    known = Entered.nothing(tables.states) if options.entered is None else options.entered
    started = time.perf_counter()
    while True:
        spent = time.perf_counter() - started
        left = None if options.time_limit is None else max(0.0, options.time_limit - spent)
        given = evolve(options, entered=known, time_limit=left)
        result = search(given)
        seen = result.entered
        assert seen is not None
        seen = tables.closed(seen)
        if result.stop_reason is not StopReason.EXHAUSTED or seen | known == known:
            return evolve(result, seconds=spent + result.seconds), given
        known |= seen
