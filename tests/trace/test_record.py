"""Recording: a path of states becomes a trace, and only when the evaluator agrees with it."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from ksmcheck.diagnostics import InternalError
from ksmcheck.explore.result import Finding, FindingKind
from ksmcheck.ir.program import VariableKind
from ksmcheck.trace.describe import Model
from ksmcheck.trace.record import record
from ksmcheck.trace.records import Binding, Held, ViolationKind
from tests.trace.tiny_model import FINDINGS, follow, lost_update, model_of


def test_the_record_says_who_did_what() -> None:
    model = model_of("lost")
    trace = record(model, lost_update(model))
    assert [step.actor for step in trace.steps] == list("BAAAABB")
    store = trace.steps[3]
    assert (store.routine, store.source, store.line) == ("get_page", "mm/swap.c", 11)
    assert [call.routine for call in store.calls] == ["A", "get_page"]
    changed = {change.name: (change.before, change.after) for change in store.changes}
    assert changed == {"page1.refcount": ("0", "1"), "shadow": ("0", "1")}
    assert store.locks == (Held("swap_lock", ("A",), "held"),)


def test_locations_and_dead_locals_are_no_changes() -> None:
    model = model_of("lost")
    trace = record(model, lost_update(model))
    kinds = {change.kind for step in trace.steps for change in step.changes}
    assert VariableKind.LOCATION not in kinds
    assert VariableKind.LOCAL not in kinds, "the locals are 0 both before and after the load"


def test_the_violation_names_instance_and_values() -> None:
    model = model_of("lost")
    violation = record(model, lost_update(model)).violation
    assert violation.kind is ViolationKind.END
    assert violation.bindings == (Binding("page", "page1"),)
    assert [(item.name, item.raw) for item in violation.values] == [
        ("page1.refcount", 1),
        ("shadow", 2),
    ]


def test_a_deadlock_says_who_waits_for_whom() -> None:
    model = model_of("deadlock")
    waiting = record(model, FINDINGS["deadlock"](model)).violation.waiting
    assert [(item.actor, item.lock, item.held_by) for item in waiting] == [
        ("B", "swap_lock", ("A",)),
        ("ksmd", "", ()),
    ]


def test_a_lock_order_cycle_names_every_edge() -> None:
    model = model_of("order")
    cycle = record(model, FINDINGS["order"](model)).violation.cycle
    assert [(edge.before, edge.after, edge.line) for edge in cycle] == [
        ("page lock", "swap_lock", 30),
        ("swap_lock", "page lock", 10),
    ]


def wrong_property(model: Model) -> Finding:
    return Finding(FindingKind.PROPERTY, 0, follow(model, "AAAABBB"))


def unfinished(model: Model) -> Finding:
    return Finding(FindingKind.PROPERTY, 0, follow(model, "AAAA"))


def no_deadlock(model: Model) -> Finding:
    return Finding(FindingKind.DEADLOCK, 0, follow(model, "AB"))


def no_fault(model: Model) -> Finding:
    return Finding(FindingKind.FAULT, 0, follow(model, "AB"))


def no_cycle(model: Model) -> Finding:
    return Finding(FindingKind.LOCK_ORDER, 1, follow(model, "A"), cycle=(1, 0))


def impossible_step(model: Model) -> Finding:
    path = follow(model, "BAAAABB")
    return Finding(FindingKind.PROPERTY, 0, (*path[:2], *path[4:]))


def wrong_start(model: Model) -> Finding:
    return Finding(FindingKind.PROPERTY, 0, follow(model, "BAAAABB")[1:])


@pytest.mark.parametrize(
    "finding",
    [
        wrong_property,
        unfinished,
        no_deadlock,
        no_fault,
        no_cycle,
        impossible_step,
        wrong_start,
    ],
)
def test_no_engine_is_believed(finding: Callable[[Model], Finding]) -> None:
    model = model_of("lost")
    with pytest.raises(InternalError):
        record(model, finding(model))
