"""The options of commands that make many searches: which engine, and what each search may cost."""

from __future__ import annotations

import functools
from collections.abc import Callable

import click

from ksmcheck.cli.progress import watched
from ksmcheck.cli.reduce_option import reduce_option
from ksmcheck.cli.values import one_of, read_count, read_duration, read_memory
from ksmcheck.explore.engines import EngineChoice, EngineName
from ksmcheck.explore.options import SearchOptions
from ksmcheck.explore.reductions import Reduce
from ksmcheck.report.searching import Effort

_OPTIONS = (
    click.option(
        "--engine",
        callback=one_of(tuple(name.value for name in EngineName)),
        metavar="NAME",
        default="auto",
        show_default=True,
        help="What runs the steps: native (generated C), python, or auto.",
    ),
    click.option(
        "--workers",
        callback=read_count,
        metavar="N",
        help="Threads of the native engine; as many as there are cores by default.",
    ),
    click.option(
        "--time-limit",
        callback=read_duration,
        metavar="TIME",
        help="Stop each search after this time: 90, 10m, 1h.",
    ),
    click.option(
        "--memory-limit",
        callback=read_memory,
        metavar="SIZE",
        help="Stop each search at this much memory: 4G, 500M.",
    ),
    reduce_option,
    click.option("--json", "as_json", is_flag=True, help="Print one JSON object and nothing else."),
    click.option("--quiet", is_flag=True, help="No progress."),
)


def effort_options(command: Callable[..., int]) -> Callable[..., int]:
    """Add these options; the command gets ``effort``, ``as_json`` and ``quiet``."""

    @functools.wraps(command)
    def with_effort(
        engine: str,
        workers: int | None,
        time_limit: float | None,
        memory_limit: int | None,
        reduce: Reduce,
        quiet: bool,
        **others: object,
    ) -> int:
        effort = Effort(
            EngineChoice(EngineName(engine), workers, reduce=reduce),
            SearchOptions(time_limit=time_limit, memory_limit=memory_limit),
            functools.partial(watched, quiet=quiet),
        )
        return command(effort=effort, quiet=quiet, **others)

    result: Callable[..., int] = with_effort
    for option in reversed(_OPTIONS):
        result = option(result)
    return result
