"""The options that bound a search, for every command that runs one."""

from __future__ import annotations

import functools
from collections.abc import Callable

import click

from ksmcheck.cli.values import read_bound, read_count, read_duration, read_memory
from ksmcheck.explore.options import SearchOptions

_OPTIONS = (
    click.option(
        "--max-states", callback=read_count, metavar="N", help="Store at most this many states."
    ),
    click.option(
        "--max-depth", callback=read_count, metavar="N", help="Take at most this many steps."
    ),
    click.option(
        "--time-limit",
        callback=read_duration,
        metavar="TIME",
        help="Stop after this time: 90, 10m, 1h.",
    ),
    click.option(
        "--memory-limit",
        callback=read_memory,
        metavar="SIZE",
        help="Stop at this much memory: 4G, 500M.",
    ),
    click.option(
        "--preemptions",
        callback=read_bound,
        metavar="N",
        help="Only runs with at most N switches away from an actor that could go on.",
    ),
    click.option("--all", "all_violations", is_flag=True, help="Go on after the first violation."),
)


def search_options(command: Callable[..., int]) -> Callable[..., int]:
    """Add the options that bound a search; the command gets them as its argument ``search``."""

    @functools.wraps(command)
    def with_limits(
        max_states: int | None,
        max_depth: int | None,
        time_limit: float | None,
        memory_limit: int | None,
        preemptions: int | None,
        all_violations: bool,
        **others: object,
    ) -> int:
        search = SearchOptions(
            max_states,
            max_depth,
            time_limit,
            memory_limit,
            all_violations,
            preemptions=preemptions,
        )
        return command(search=search, **others)

    result: Callable[..., int] = with_limits
    for option in reversed(_OPTIONS):
        result = option(result)
    return result
