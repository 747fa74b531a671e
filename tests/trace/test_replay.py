"""Replay: a trace reproduces, or the page says from which step it no longer does, and why."""

from __future__ import annotations

import pytest
from attrs import evolve

from ksmcheck.ir.program import Program
from ksmcheck.trace.codec import decode, encode
from ksmcheck.trace.describe import Model
from ksmcheck.trace.record import record
from ksmcheck.trace.records import Trace
from ksmcheck.trace.replay import ReplayVerdict, replay
from tests.trace.tiny_model import FINDINGS, model_of, tiny_program


def trace_of(name: str) -> Trace:
    model = model_of(name)
    return record(model, FINDINGS[name](model))


@pytest.mark.parametrize("name", FINDINGS)
def test_recorded_stored_loaded_and_replayed(name: str) -> None:
    trace = decode(encode(trace_of(name)), "trace.json")
    outcome = replay(model_of(name), trace)
    assert outcome.verdict is ReplayVerdict.REPRODUCES
    assert not outcome.other_version
    assert (outcome.steps, outcome.violation) == (trace.steps, trace.violation)


def diverges(program: Program, trace: Trace) -> tuple[int | None, str]:
    outcome = replay(Model.of(program), trace)
    assert outcome.verdict is ReplayVerdict.DIVERGES
    return outcome.step, outcome.reason


def test_another_version_that_still_reproduces() -> None:
    outcome = replay(Model.of(evolve(tiny_program(), digest="d2")), trace_of("lost"))
    assert outcome.verdict is ReplayVerdict.REPRODUCES
    assert outcome.other_version


def test_the_actor_is_at_another_step() -> None:
    program, trace = tiny_program(), trace_of("lost")
    step, reason = diverges(program, evolve(trace, steps=trace.steps[1:3] + trace.steps[:1] * 3))
    assert step == 4
    assert reason.startswith("B is at get_page() 'page.refcount = count + 1' (models/tiny.py:21)")


def test_the_actor_is_blocked() -> None:
    trace = trace_of("deadlock")
    last = evolve(trace_of("lost").steps[6], text="spin_lock(swap_lock)")
    step, reason = diverges(tiny_program("deadlock"), evolve(trace, steps=(*trace.steps, last)))
    assert step == 7
    assert reason.startswith("B is blocked at get_page() 'spin_lock(swap_lock)'")


def test_the_actor_is_done_or_unknown() -> None:
    trace = trace_of("lost")
    again = evolve(trace, steps=(*trace.steps, trace.steps[0]))
    assert diverges(tiny_program(), again) == (8, "B is done already")
    stranger = evolve(trace, steps=(evolve(trace.steps[0], actor="Z"),))
    assert diverges(tiny_program(), stranger) == (1, "the model has no actor Z")


def test_the_outcome_differs() -> None:
    trace = trace_of("lost")
    step, reason = diverges(tiny_program("deadlock"), trace)
    assert (step, reason) == (
        5,
        "the outcome differs: swap_lock does not change, the trace has held by A -> free",
    )
    step, reason = diverges(tiny_program("fault"), trace)
    assert (step, reason) == (6, "the outcome differs: the fault KSM812, the trace has no fault")


def test_the_choice_is_gone() -> None:
    trace = trace_of("lost")
    chosen = evolve(trace, steps=(evolve(trace.steps[0], choices=("page2",)),))
    assert diverges(tiny_program(), chosen) == (1, "B cannot choose as recorded (page2)")


def test_the_property_is_true_at_the_end() -> None:
    trace = trace_of("lost")
    step, reason = diverges(tiny_program(), evolve(trace, steps=trace.steps[1:5]))
    assert step is None
    assert reason == "every step can be taken, but p1_counted is true at the end"


def test_the_initial_state_is_not_the_same() -> None:
    trace = trace_of("lost")
    other = tuple(evolve(item, value="3") for item in trace.initial[:1]) + trace.initial[1:]
    assert diverges(tiny_program(), evolve(trace, initial=other)) == (
        0,
        "the initial state is not the same: page1.refcount is 0, the trace has 3",
    )
