"""The shortest way to what a search that leaves runs out has found.

Stubborn sets keep every violation, but not always its shortest way. So the ways up to that length
are searched again with nothing left out but renamings, which change no distance. That search gets
some seconds; what it has not found by then stays as it was.
"""

from __future__ import annotations

from collections.abc import Callable

from attrs import evolve

from ksmcheck.explore.options import SearchOptions, StopReason
from ksmcheck.explore.reductions import Reduction
from ksmcheck.explore.result import Finding, SearchResult

# The second search may take this many seconds, or twice what the first one took.
SECONDS = 10.0

Search = Callable[[SearchOptions], SearchResult]


def shortest(
    result: SearchResult, options: SearchOptions, search: Search
) -> tuple[SearchResult, bool]:
    """The result with the shortest ways that were found, and whether there are no shorter ones.

    ``options`` are those of the search that gave ``result``; ``search`` makes another one.
    """
    if not result.findings or Reduction.POR not in options.reductions:
        return result, True
    depth = max(item.depth for item in result.findings)
    limit = max(SECONDS, 2 * result.seconds)
    if options.time_limit is not None:
        limit = min(limit, max(0.0, options.time_limit - result.seconds))
    keeping = options.reductions - {Reduction.POR, Reduction.MERGE}
    second = search(
        evolve(
            options,
            reductions=keeping,
            max_depth=depth,
            time_limit=limit,
            entered=None,
            oracle=result.oracle,
        )
    )
    if second.stop_reason is StopReason.INTERRUPTED:
        return evolve(result, stop_reason=second.stop_reason), False
    whole = second.stop_reason in (
        StopReason.VIOLATION,
        StopReason.DEPTH_LIMIT,
        StopReason.EXHAUSTED,
    )
    found = _shorter(result.findings, second.findings, everything=options.all_violations)
    stopped = result.stop_reason is StopReason.VIOLATION
    return (
        evolve(
            result,
            findings=found,
            depth=found[0].depth if stopped else result.depth,
            seconds=result.seconds + second.seconds,
        ),
        whole,
    )


def _shorter(
    first: tuple[Finding, ...], second: tuple[Finding, ...], *, everything: bool
) -> tuple[Finding, ...]:
    """What is wrong, each thing with the shorter of its ways."""
    if not everything:
        return second or first
    known = {(item.kind, item.index): item for item in second}
    return tuple(
        min(item, known.get((item.kind, item.index), item), key=lambda one: one.depth)
        for item in first
    )
