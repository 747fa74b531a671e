"""The compiled object as Python sees it: the structures of runtime.h and one search at a time."""

from __future__ import annotations

import ctypes
import os
from bisect import bisect_right
from collections.abc import Iterator
from enum import IntEnum
from itertools import accumulate
from pathlib import Path

from attrs import frozen

from ksmcheck.analysis.arms import Entered
from ksmcheck.backends.native.layout import Layout
from ksmcheck.backends.native.stubborn import StubbornTable

NONE = 0xFFFFFFFF
NO_LIMIT = (1 << 64) - 1

State = tuple[int, ...]


class VisitedSet(IntEnum):
    """How the visited set remembers a state; only EXACT never forgets one."""

    EXACT = 0
    COMPACT = 1
    BITSTATE = 2


class Ending(IntEnum):
    """Why ``ksm_run`` came back: enum ksm_stop_reason."""

    EXHAUSTED = 0
    VIOLATED = 1
    STATE_LIMIT = 2
    DEPTH_LIMIT = 3
    MEMORY_LIMIT = 4
    INTERRUPTED = 5
    UNANSWERED = 6
    NO_MEMORY = 7
    NO_START = 8


class Refusal(IntEnum):
    """Why a checkpoint is refused: the negative results of checkpoint.c."""

    DAMAGED = -1
    OTHER_MODEL = -2
    NOT_EXACT = -3
    TOO_BIG = -4


class Options(ctypes.Structure):
    """ksm_options."""

    _fields_ = (
        ("max_states", ctypes.c_uint64),
        ("max_depth", ctypes.c_uint64),
        ("memory_limit", ctypes.c_uint64),
        ("workers", ctypes.c_uint32),
        ("all", ctypes.c_uint32),
        ("visited", ctypes.c_uint32),
        ("aim", ctypes.c_uint32),
        ("merge", ctypes.c_uint32),
        ("unrenamed", ctypes.c_uint32),
        ("oracle", ctypes.c_void_p),
        ("tables", ctypes.POINTER(StubbornTable)),
    )


class CountersStructure(ctypes.Structure):
    """ksm_counters."""

    _fields_ = (
        ("states", ctypes.c_uint64),
        ("transitions", ctypes.c_uint64),
        ("depth", ctypes.c_uint64),
        ("frontier", ctypes.c_uint64),
        ("memory", ctypes.c_uint64),
        ("table_bytes", ctypes.c_uint64),
        ("left_out", ctypes.c_uint64),
        ("passed", ctypes.c_uint64),
    )


class AnswersStructure(ctypes.Structure):
    """ksm_answers: a question about symbols, and what can be answered."""

    _fields_ = (
        ("condition", ctypes.c_uint32),
        ("question", ctypes.c_uint32),
        ("operands", ctypes.c_uint64),
        ("numbers", ctypes.c_uint64),
        ("count", ctypes.c_uint32),
        ("answer", ctypes.c_int32 * 3),
        ("next", ctypes.c_uint32 * 3),
    )


OracleFunction = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.POINTER(AnswersStructure))
SETTLE = 0x40000000
"""This and the number of a domain is the question that ends a step."""
LESS = 0x60000000
"""Whether one condition is smaller than another."""


@frozen
class Counters:
    """How far a search has come; ``memory`` is what it keeps, in bytes.

    ``left_out`` are steps that stubborn sets left out, ``passed`` states that were not stored.
    """

    states: int
    transitions: int
    depth: int
    frontier: int
    memory: int
    left_out: int
    passed: int


@frozen
class Found:
    """A finding: the path to its state, and the state after the step when it is about a step."""

    depth: int
    state: int
    instance: int
    next: State


class Search:
    """One search of a compiled model. To be closed; a context manager closes it."""

    def __init__(self, library: Library, options: Options) -> None:
        self._library = library
        self._functions = library.functions
        self._handle = self._functions.ksm_open(ctypes.byref(options))
        if not self._handle:
            raise MemoryError("the search could not reserve its memory")

    def __enter__(self) -> Search:
        return self

    def __exit__(self, *_: object) -> None:
        if self._handle:
            self._functions.ksm_close(self._handle)
            self._handle = None

    def run(self) -> Ending:
        """Search until something ends it; other threads of this process go on meanwhile."""
        return Ending(self._functions.ksm_run(self._handle))

    def interrupt(self) -> None:
        """Make ``run`` come back soon. From any thread."""
        self._functions.ksm_interrupt(self._handle)

    def counters(self) -> Counters:
        """From any thread, at any time."""
        raw = CountersStructure()
        self._functions.ksm_read_counters(self._handle, ctypes.byref(raw))
        return Counters(
            raw.states,
            raw.transitions,
            raw.depth,
            raw.frontier,
            raw.memory,
            raw.left_out,
            raw.passed,
        )

    def setup_fault(self) -> int | None:
        """The first fault of the setup."""
        fault = int(self._functions.ksm_setup_fault(self._handle))
        return None if fault == NONE else fault

    def witnessed(self) -> frozenset[int]:
        """The properties whose witness was reached."""
        count = len(self._library.layout.program.properties)
        raw = self._functions.ksm_witnessed(self._handle)
        return frozenset(number for number in range(count) if raw[number])

    def fired(self) -> tuple[frozenset[int], ...]:
        """For each actor, the locations whose step had an outcome."""
        actors = self._library.layout.program.actors
        raw = (ctypes.c_uint8 * max(1, sum(len(actor.steps) for actor in actors)))()
        self._functions.ksm_read_fired(self._handle, raw)
        result, first = [], 0
        for actor in actors:
            result.append(frozenset(i for i in range(len(actor.steps)) if raw[first + i]))
            first += len(actor.steps)
        return tuple(result)

    def entered(self) -> Entered | None:
        """The arms that were entered, by code that was made for stubborn sets."""
        states = self._library.layout.local_states
        if states is None:
            return None
        read = self._functions.ksm_read_arms
        room = int(read(self._handle, None, None, 0))
        numbers, words = (ctypes.c_uint32 * max(1, room))(), (ctypes.c_uint64 * max(1, room))()
        read(self._handle, numbers, words, room)
        found: list[dict[int, int]] = [{} for _ in states.first]
        first = [0, *accumulate(map(states.total, range(len(found))))]
        for number, word in zip(numbers[:room], words[:room], strict=True):
            actor = bisect_right(first, number) - 1
            found[actor][number - first[actor]] = word
        return Entered(states, tuple(found))

    def findings(self) -> Iterator[tuple[int, Found]]:
        """The findings by slot: the deadlock, then faults, properties, flags by number."""
        layout = self._library.layout
        program = layout.program
        slots = 1 + len(program.faults) + len(program.properties) + len(program.edges)
        raw = ctypes.cast(
            self._functions.ksm_findings(self._handle),
            ctypes.POINTER(_finding_structure(layout.words) * slots),
        ).contents
        for slot in range(slots):
            if raw[slot].depth != NONE:
                after = layout.unpack(list(raw[slot].next))
                item = raw[slot]
                yield slot, Found(item.depth, item.state, item.instance, after)

    def path(self, state: int) -> tuple[State, ...]:
        """The states from an initial one to ``state``."""
        layout = self._library.layout
        length = self._functions.ksm_path(self._handle, state, None, 0)
        words = (ctypes.c_uint64 * (length * layout.words))()
        self._functions.ksm_path(self._handle, state, words, length)
        each = layout.words
        return tuple(layout.unpack(words[i * each : (i + 1) * each]) for i in range(length))

    def save(self, path: Path, digest: bytes, extra: bytes = b"") -> int:
        """Write a checkpoint, ``extra`` with it; 0, or the system's error number."""
        name = os.fsencode(path)
        return int(self._functions.ksm_save(self._handle, name, digest, extra, len(extra)))

    def restore(self, path: Path, digest: bytes) -> int:
        """Go on from a checkpoint; 0, the system's error number, or a negative refusal."""
        return int(self._functions.ksm_restore(self._handle, os.fsencode(path), digest))

    def extra(self) -> bytes:
        """What the checkpoint had with it."""
        size = ctypes.c_uint64()
        start = self._functions.ksm_extra(self._handle, ctypes.byref(size))
        return ctypes.string_at(start, size.value) if size.value else b""


class Library:
    """A loaded object. It stays loaded as long as this lives."""

    def __init__(self, path: Path, layout: Layout) -> None:
        self.layout = layout
        self.functions = ctypes.CDLL(str(path))
        self._declare()

    def search(self, options: Options) -> Search:
        """A new search; MemoryError when the machine refuses."""
        return Search(self, options)

    def _declare(self) -> None:
        handle, number, words = ctypes.c_void_p, ctypes.c_uint64, ctypes.POINTER(ctypes.c_uint64)
        signatures: tuple[tuple[str, object, tuple[object, ...]], ...] = (
            ("ksm_open", handle, (ctypes.POINTER(Options),)),
            ("ksm_run", ctypes.c_uint32, (handle,)),
            ("ksm_interrupt", None, (handle,)),
            ("ksm_read_counters", None, (handle, ctypes.POINTER(CountersStructure))),
            ("ksm_findings", handle, (handle,)),
            ("ksm_setup_fault", ctypes.c_uint32, (handle,)),
            ("ksm_witnessed", ctypes.POINTER(ctypes.c_uint8), (handle,)),
            ("ksm_read_fired", None, (handle, ctypes.POINTER(ctypes.c_uint8))),
            ("ksm_read_arms", number, (handle, ctypes.POINTER(ctypes.c_uint32), words, number)),
            ("ksm_path", number, (handle, ctypes.c_uint32, words, number)),
            ("ksm_save", ctypes.c_int, (handle, *(ctypes.c_char_p,) * 3, number)),
            ("ksm_extra", handle, (handle, ctypes.POINTER(number))),
            ("ksm_restore", ctypes.c_int, (handle, ctypes.c_char_p, ctypes.c_char_p)),
            ("ksm_close", None, (handle,)),
        )
        for name, result, arguments in signatures:
            function = getattr(self.functions, name)
            function.restype = result
            function.argtypes = list(arguments)


def _finding_structure(words: int) -> type[ctypes.Structure]:
    """ksm_finding, whose size depends on the model."""

    class Finding(ctypes.Structure):
        _fields_ = (
            ("depth", ctypes.c_uint32),
            ("state", ctypes.c_uint32),
            ("instance", ctypes.c_uint32),
            ("reserved", ctypes.c_uint32),
            ("next", ctypes.c_uint64 * words),
        )

    return Finding
