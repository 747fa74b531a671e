"""Why a search must stop early: time, memory, Ctrl-C; and the signs of life that it gives.

All of it is asked between two batches of states, where the search is in order, so that whatever
was explored can always be reported.
"""

from __future__ import annotations

import gc
import os
import resource
import signal
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from ksmcheck.explore.options import SearchOptions, StopReason
from ksmcheck.explore.progress import Progress, Sample

PROGRESS_SECONDS = 0.25

# Reading the resident size costs as much as expanding a few states.
STATES_PER_MEMORY_CHECK = 2000


class Limits:
    """The watch over one search, from its construction on."""

    def __init__(self, options: SearchOptions, progress: Progress | None) -> None:
        self._options = options
        self._progress = progress
        self._started = time.perf_counter()
        self._next_sample = self._started + PROGRESS_SECONDS
        self._memory_checked = 0
        self.interrupted = False

    @property
    def elapsed(self) -> float:
        """Seconds since the search began."""
        return time.perf_counter() - self._started

    def poll(self, states: int, transitions: int, frontier: int, depth: int) -> StopReason | None:
        """Why to stop now, or None. Tells ``progress`` now and then."""
        now = time.perf_counter()
        if self._progress is not None and now >= self._next_sample:
            self._next_sample = now + PROGRESS_SECONDS
            elapsed = now - self._started
            memory = resident_bytes()
            self._progress(Sample(states, transitions, frontier, depth, memory, elapsed))
        if self.interrupted:
            return StopReason.INTERRUPTED
        limit = self._options.time_limit
        if limit is not None and now - self._started >= limit:
            return StopReason.TIME_LIMIT
        if self._options.memory_limit is not None and self._memory_due(states):
            self._memory_checked = states
            if resident_bytes() >= self._options.memory_limit:
                return StopReason.MEMORY_LIMIT
        return None

    def _memory_due(self, states: int) -> bool:
        return self._memory_checked == 0 or (
            states - self._memory_checked >= STATES_PER_MEMORY_CHECK
        )

    @contextmanager
    def guarding(self) -> Iterator[None]:
        """While this runs, Ctrl-C asks the search to stop and nothing is garbage-collected.

        The states are plain bytes, in no cycle, so the collector would walk them for nothing.
        """
        collecting = gc.isenabled()
        # Only the main thread may handle signals; elsewhere Ctrl-C is not ours to take.
        main = threading.current_thread() is threading.main_thread()
        previous = signal.getsignal(signal.SIGINT) if main else None
        try:
            if main:
                signal.signal(signal.SIGINT, self._interrupt)
            gc.disable()
            gc.freeze()
            yield
        finally:
            gc.unfreeze()
            if collecting:
                gc.enable()
            if main:
                signal.signal(signal.SIGINT, previous or signal.default_int_handler)

    def _interrupt(self, _signal: int, _frame: FrameType | None) -> None:
        self.interrupted = True


def resident_bytes() -> int:
    """The memory that this process has now; 0 where the system does not say."""
    try:
        with open("/proc/self/statm", encoding="ascii") as file:
            return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except OSError:
        return 0


def peak_bytes() -> int:
    """The most memory that this process ever had."""
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit
