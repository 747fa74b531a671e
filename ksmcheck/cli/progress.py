"""A running search on the screen: live on a terminal, a plain line now and then elsewhere."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterator

from attrs import define, field
from rich.console import Console
from rich.live import Live
from rich.table import Table

from ksmcheck.explore.progress import Progress, Sample

_PLAIN_SECONDS = 5.0


@contextlib.contextmanager
def watched(*, quiet: bool) -> Iterator[Progress | None]:
    """What a search reports to while this context lasts; None when nobody wants to know."""
    if quiet:
        yield None
    elif sys.stderr.isatty():
        console = Console(stderr=True)
        with Live(console=console, auto_refresh=False, transient=True) as live:
            yield _Live(live)
    else:
        yield _Plain()


@define
class _Live:
    """One small table on a terminal, drawn again at every sample."""

    live: Live

    def __call__(self, sample: Sample) -> None:
        table = Table.grid(padding=(0, 3))
        for _ in range(6):
            table.add_column(justify="right")
        table.add_row("states", "states/s", "frontier", "depth", "memory", "elapsed", style="dim")
        table.add_row(
            f"{sample.states:,}",
            f"{_rate(sample):,.0f}",
            f"{sample.frontier:,}",
            str(sample.depth),
            f"{sample.memory / 2**20:,.0f} MiB",
            f"{sample.elapsed:.0f} s",
        )
        self.live.update(table, refresh=True)


@define
class _Plain:
    """A line every few seconds, for logs."""

    said: float = field(default=0.0)

    def __call__(self, sample: Sample) -> None:
        if sample.elapsed - self.said < _PLAIN_SECONDS:
            return
        self.said = sample.elapsed
        with contextlib.suppress(BrokenPipeError):
            print(
                f"{sample.elapsed:.0f} s: {sample.states:,} states, {_rate(sample):,.0f} states/s, "
                f"frontier {sample.frontier:,}, depth {sample.depth}, "
                f"memory {sample.memory / 2**20:,.0f} MiB",
                file=sys.stderr,
                flush=True,
            )


def _rate(sample: Sample) -> float:
    return sample.states / sample.elapsed if sample.elapsed > 0 else 0.0
