"""The search: limits, interruption, and what counts as what. See also tests/backends."""

from __future__ import annotations

import gc
import os
import signal
import threading

import pytest
from attrs import Factory, define

from ksmcheck.backends.python.model import PythonModel
from ksmcheck.explore.breadth_first import breadth_first
from ksmcheck.explore.limits import resident_bytes
from ksmcheck.explore.options import SearchOptions, StopReason
from ksmcheck.explore.progress import Progress, Sample
from ksmcheck.explore.result import FindingKind, SearchResult
from ksmcheck.ir.expr import Const, Op, Read
from ksmcheck.ir.program import BuiltinCheck, Program
from ksmcheck.ir.step import Block, Branch, Check, Require
from tests.backends import programs
from tests.backends.building import binary, build, equal, go, put, shared, state_property


def counters(size: int = 40, count: int = 3) -> Program:
    """Independent counters that wrap: (size + 1) ** count states, a space wide and deep."""
    actors = [
        [go(0, put(n, binary(Op.MOD, binary(Op.ADD, Read(n), 1), size + 1)))] for n in range(count)
    ]
    variables = [shared(f"x{n}", size) for n in range(count)]
    return build(variables, actors, daemons=frozenset(range(count)))


def search(
    program: Program, options: SearchOptions | None = None, progress: Progress | None = None
) -> SearchResult:
    """Search with the python engine's model."""
    return breadth_first(program, PythonModel(program), options or SearchOptions(), progress)


def test_counts_of_an_exhausted_search() -> None:
    result = search(counters(9))
    assert result.stop_reason is StopReason.EXHAUSTED
    assert (result.states, result.transitions, result.depth) == (1000, 3000, 27)
    assert result.peak_memory_bytes > 0
    assert 40 < result.bytes_per_state < 200


@pytest.mark.parametrize("limit", [1, 2, 500, 999])
def test_never_more_states_than_allowed(limit: int) -> None:
    result = search(counters(9), SearchOptions(max_states=limit))
    assert (result.stop_reason, result.states) == (StopReason.STATE_LIMIT, limit)


def test_a_limit_that_is_just_enough_is_no_limit() -> None:
    result = search(counters(9), SearchOptions(max_states=1000))
    assert result.stop_reason is StopReason.EXHAUSTED


def test_states_at_the_depth_limit_are_not_expanded() -> None:
    result = search(counters(9), SearchOptions(max_depth=2))
    assert result.stop_reason is StopReason.DEPTH_LIMIT
    assert (result.states, result.transitions, result.depth) == (1 + 3 + 6, 3 + 9, 2)


def test_a_depth_limit_beyond_the_space_is_no_limit() -> None:
    assert search(counters(9), SearchOptions(max_depth=28)).stop_reason is StopReason.EXHAUSTED


def test_time_limit() -> None:
    result = search(counters(200), SearchOptions(time_limit=0.0))
    assert result.stop_reason is StopReason.TIME_LIMIT
    assert 1 < result.states < 1000
    assert result.transitions > 0


def test_memory_limit() -> None:
    result = search(counters(200), SearchOptions(memory_limit=1))
    assert result.stop_reason is StopReason.MEMORY_LIMIT
    assert resident_bytes() > 1


@define
class Interrupting:
    """Presses Ctrl-C at the first sign of life."""

    samples: list[Sample] = Factory(list)

    def __call__(self, sample: Sample) -> None:
        self.samples.append(sample)
        os.kill(os.getpid(), signal.SIGINT)


def test_interrupt_gives_a_result_and_leaves_no_trace() -> None:
    before = signal.getsignal(signal.SIGINT)
    progress = Interrupting()
    result = search(counters(200), progress=progress)
    assert result.stop_reason is StopReason.INTERRUPTED
    (sample,) = progress.samples
    assert result.states == sample.states > sample.frontier > 0
    assert result.transitions == sample.transitions
    assert sample.memory > 0
    assert sample.elapsed > 0
    assert signal.getsignal(signal.SIGINT) is before
    assert gc.isenabled()
    assert gc.get_freeze_count() == 0


def test_search_outside_the_main_thread() -> None:
    results: list[SearchResult] = []
    thread = threading.Thread(target=lambda: results.append(search(counters(9))))
    thread.start()
    thread.join()
    assert [item.states for item in results] == [1000]


def test_two_searches_agree_in_everything_but_time() -> None:
    options = SearchOptions(all_violations=True)
    for make in programs.ALL:
        first, second = search(make(), options), search(make(), options)
        assert first.findings == second.findings
        assert (first.states, first.transitions) == (second.states, second.transitions)


def deadlock_beside_a_violation(*disabled: BuiltinCheck) -> Program:
    """After two steps of A the run is stuck; a fault and a bad state need three steps."""
    spread = go(1, put(0, binary(Op.ADD, Read(0), 1)))
    stuck = go(9, Require(binary(Op.LT, Read(0), 2)))
    split = Block((), Branch(equal(0, 1), go(2, put(0, 2)), go(2)))
    bad = go(1, Require(equal(1, 1)), Check(equal(0, 2), 0), put(0, 3))
    return build(
        [shared("x", 3), shared("go")],
        [[spread, split, stuck], [bad]],
        daemons=frozenset({1}),
        faults=1,
        properties=[state_property(binary(Op.NE, Read(0), 3))],
        disabled=disabled,
    )


def test_deadlock_can_be_switched_off() -> None:
    found = search(deadlock_beside_a_violation())
    assert [(item.kind, item.depth) for item in found.findings] == [(FindingKind.DEADLOCK, 2)]
    off = search(deadlock_beside_a_violation(BuiltinCheck.DEADLOCK))
    assert off.stop_reason is StopReason.EXHAUSTED


def test_a_deadlock_is_preferred_to_a_longer_counterexample() -> None:
    """The first state of level 1 leads to a violation at depth 2, the second is stuck."""
    violate = go(1, Require(equal(0, 1)), put(0, 3))
    program = build(
        [shared("x", 3)],
        [[Block((Require(equal(0, 0)),), Branch(Const(1), go(1, put(0, 1)), go(1)))],
         [Block((Require(equal(0, 0)),), Branch(Const(1), go(1, put(0, 2)), go(1)))],
         [violate]],
        properties=[state_property(binary(Op.NE, Read(0), 3))],
    )  # fmt: skip
    result = search(program)
    assert [(item.kind, item.depth) for item in result.findings] == [(FindingKind.DEADLOCK, 1)]
    every = search(program, SearchOptions(all_violations=True))
    assert {(i.kind, i.depth) for i in every.findings} == {
        (FindingKind.PROPERTY, 2),
        (FindingKind.DEADLOCK, 1),
    }


def test_the_first_violation_stops_the_search() -> None:
    result = search(programs.broken_mutex())
    assert result.stop_reason is StopReason.VIOLATION
    (finding,) = result.findings
    assert (finding.kind, finding.depth, result.depth) == (FindingKind.PROPERTY, 4, 4)
    assert finding.path[0] == (0, 0, 0, 0, 0)
    assert finding.path[-1] == (1, 1, 1, 2, 2)
    every = search(programs.broken_mutex(), SearchOptions(all_violations=True))
    assert every.findings == result.findings
    assert (every.states, every.transitions, every.depth) == (18, 24, 6)


def test_a_violation_in_an_initial_state_has_no_steps() -> None:
    program = build([shared("x")], [[go(1)]], properties=[state_property(Const(0))])
    result = search(program)
    assert (result.stop_reason, result.depth, result.transitions) == (StopReason.VIOLATION, 0, 0)


def test_a_violation_found_at_the_state_limit_is_the_reason() -> None:
    """The one state that fits besides the initial one is bad, and its sibling does not fit."""
    program = build(
        [shared("x")], [[go(1, put(0, 1))], [go(1)]], properties=[state_property(equal(0, 0))]
    )
    result = search(program, SearchOptions(max_states=2))
    assert (result.stop_reason, result.depth) == (StopReason.VIOLATION, 1)
