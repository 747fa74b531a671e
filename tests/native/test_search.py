"""Limits, workers, checkpoints, inexact sets: what a search does beside being right."""

from __future__ import annotations

import signal
import threading
import time
from pathlib import Path

import pytest
from attrs import evolve

from ksmcheck.backends.native.compiler import find_compiler
from ksmcheck.backends.native.library import VisitedSet
from ksmcheck.diagnostics import UserError
from ksmcheck.explore.limits import resident_bytes
from ksmcheck.explore.native_engine import NativeEngine
from ksmcheck.explore.options import SearchOptions, StopReason
from ksmcheck.explore.progress import Sample
from tests.native.systems import counters

pytestmark = pytest.mark.skipif(find_compiler() is None, reason="no C compiler")

SMALL = counters(3, 20)  # 8,000 states
MIDDLE = counters(4, 40)  # 2,560,000 states
HUGE = counters(6, 60)  # 46,656,000,000 states


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> NativeEngine:
    return NativeEngine(workers=1, cache=tmp_path_factory.mktemp("cache"))


@pytest.mark.parametrize("workers", [1, 2, 3, 8])
def test_counts_do_not_depend_on_workers(engine: NativeEngine, workers: int) -> None:
    result = evolve(engine, workers=workers).search(MIDDLE, SearchOptions())
    assert result.stop_reason is StopReason.EXHAUSTED
    assert (result.states, result.transitions) == (40**4, 4 * 40**4)
    assert result.depth == 4 * 39


@pytest.mark.parametrize("workers", [1, 2, 3])
def test_the_same_violation_whatever_the_workers(engine: NativeEngine, workers: int) -> None:
    program = counters(4, 40, forbidden=17)
    result = evolve(engine, workers=workers).search(program, SearchOptions())
    assert result.stop_reason is StopReason.VIOLATION
    (finding,) = result.findings
    assert finding.depth == result.depth == 17
    first = engine.search(program, SearchOptions()).findings[0]
    assert finding.path[-1] == first.path[-1]


@pytest.mark.parametrize("limit", [0, 1, 10, 7_999])
def test_never_more_states_than_the_limit(engine: NativeEngine, limit: int) -> None:
    for workers in (1, 2):
        result = evolve(engine, workers=workers).search(SMALL, SearchOptions(max_states=limit))
        assert result.stop_reason is StopReason.STATE_LIMIT
        assert result.states <= limit
    assert engine.search(SMALL, SearchOptions(max_states=limit)).states == limit


def test_a_limit_that_is_enough_is_no_limit(engine: NativeEngine) -> None:
    result = engine.search(SMALL, SearchOptions(max_states=8_000, max_depth=58))
    assert result.stop_reason is StopReason.EXHAUSTED


def test_depth_limit(engine: NativeEngine) -> None:
    result = engine.search(SMALL, SearchOptions(max_depth=3))
    assert result.stop_reason is StopReason.DEPTH_LIMIT
    assert (result.states, result.depth) == (20, 3)  # 1 + 3 + 6 + 10
    assert engine.search(SMALL, SearchOptions(max_depth=0)).states == 1


def test_time_limit(engine: NativeEngine) -> None:
    engine.build(HUGE)  # the C compiler's time is not the search's
    started = time.perf_counter()
    result = engine.search(HUGE, SearchOptions(time_limit=0.3, memory_limit=1 << 30))
    assert result.stop_reason is StopReason.TIME_LIMIT
    assert time.perf_counter() - started < 5


@pytest.mark.parametrize("workers", [1, 2])
def test_memory_limit(engine: NativeEngine, workers: int) -> None:
    limit = resident_bytes() + (64 << 20)
    result = evolve(engine, workers=workers).search(HUGE, SearchOptions(memory_limit=limit))
    assert result.stop_reason is StopReason.MEMORY_LIMIT
    assert result.states > 2_000_000
    assert result.bytes_per_state * result.states <= 64 << 20


def test_too_little_memory_to_begin(engine: NativeEngine) -> None:
    result = engine.search(SMALL, SearchOptions(memory_limit=1))
    assert result.stop_reason is StopReason.MEMORY_LIMIT
    assert result.states == 0


def test_progress(engine: NativeEngine) -> None:
    samples: list[Sample] = []

    def note(sample: Sample) -> None:
        samples.append(sample)

    result = engine.search(HUGE, SearchOptions(time_limit=1.0, memory_limit=1 << 30), note)
    assert result.stop_reason in (StopReason.TIME_LIMIT, StopReason.MEMORY_LIMIT)
    assert samples
    states = [sample.states for sample in samples]
    assert states == sorted(states)
    assert all(sample.depth > 0 and sample.frontier > 0 for sample in samples)
    assert threading.active_count() == 1


@pytest.mark.parametrize("workers", [1, 2])
@pytest.mark.parametrize("visited", [VisitedSet.COMPACT, VisitedSet.BITSTATE])
def test_inexact_sets_find_violations(
    engine: NativeEngine, visited: VisitedSet, workers: int
) -> None:
    lossy = evolve(engine, visited=visited, workers=workers)
    options = SearchOptions(memory_limit=512 << 20)
    result = lossy.search(counters(4, 40, forbidden=17), options)
    assert result.stop_reason is StopReason.VIOLATION
    (finding,) = result.findings
    assert len(finding.path) == 18
    whole = lossy.search(MIDDLE, options)
    assert whole.stop_reason is StopReason.EXHAUSTED
    assert 0.99 * 40**4 < whole.states <= 40**4


def test_resume(engine: NativeEngine, tmp_path: Path) -> None:
    """An interrupted search, resumed again and again, ends with the same counts."""
    place, limit = tmp_path / "checkpoint", 0
    going = evolve(engine, checkpoint=place)
    result = going.search(MIDDLE, SearchOptions(max_states=300_000))
    while result.stop_reason is StopReason.STATE_LIMIT:
        limit = result.states + 700_000
        workers = 1 + limit // 100_000 % 3
        going = evolve(engine, checkpoint=place, resume=place, workers=workers)
        result = going.search(MIDDLE, SearchOptions(max_states=limit))
    assert result.stop_reason is StopReason.EXHAUSTED
    assert (result.states, result.transitions, result.depth) == (40**4, 4 * 40**4, 4 * 39)
    assert not place.with_name("checkpoint.part").exists()


def test_bad_checkpoints(engine: NativeEngine, tmp_path: Path) -> None:
    place = tmp_path / "checkpoint"
    evolve(engine, checkpoint=place).search(SMALL, SearchOptions(max_states=1_000))
    whole = place.read_bytes()
    other = counters(3, 21)
    cases = [(SMALL, whole[:-1], "KSM548"), (SMALL, whole + b"x", "KSM548")]
    cases += [(SMALL, b"", "KSM548"), (SMALL, b"x" * 500, "KSM548"), (other, whole, "KSM549")]
    cases += [(SMALL, whole[:900] + bytes([whole[900] ^ 1]) + whole[901:], "KSM548")]
    for program, contents, code in cases:
        place.write_bytes(contents)
        with pytest.raises(UserError) as refused:
            evolve(engine, resume=place).search(program, SearchOptions())
        assert refused.value.diagnostics[0].code == code
    with pytest.raises(UserError) as refused:
        evolve(engine, resume=tmp_path / "none").search(SMALL, SearchOptions())
    assert refused.value.diagnostics[0].code == "KSM547"


def test_checkpoint_that_cannot_be_written(engine: NativeEngine, tmp_path: Path) -> None:
    going = evolve(engine, checkpoint=tmp_path / "no such folder" / "checkpoint")
    with pytest.raises(UserError) as refused:
        going.search(SMALL, SearchOptions(max_states=100))
    (problem,) = refused.value.diagnostics
    assert problem.code == "KSM552"
    assert problem.notes[0].startswith("explored until then: 100 states, ")


@pytest.mark.parametrize("workers", [1, 2])
def test_ctrl_c(engine: NativeEngine, workers: int) -> None:
    """SIGINT ends a search within a second, with what was explored so far."""
    search = evolve(engine, workers=workers)
    engine.build(HUGE)
    asked: list[float] = []

    def interrupt() -> None:
        asked.append(time.perf_counter())
        signal.raise_signal(signal.SIGINT)

    def note(sample: Sample) -> None:
        if not asked:
            interrupt()

    result = search.search(HUGE, SearchOptions(memory_limit=4 << 30), note)
    assert result.stop_reason is StopReason.INTERRUPTED
    assert result.states > 1
    assert time.perf_counter() - asked[0] < 1


def test_a_progress_that_fails_leaves_no_search_behind(engine: NativeEngine) -> None:
    def fail(sample: Sample) -> None:
        raise ValueError("no terminal")

    with pytest.raises(ValueError, match="no terminal"):
        engine.search(HUGE, SearchOptions(memory_limit=1 << 30), fail)
    assert threading.active_count() == 1
