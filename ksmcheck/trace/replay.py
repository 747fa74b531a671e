"""Runs a recorded trace again on the evaluator of a compiled model.

The model may have changed since: steps are recognised by what they say and do (actor, source
text, choices, changes), never by their numbers. The answer is "reproduces", or the first step
from which the model no longer does what the trace says, and why.
"""

from __future__ import annotations

from enum import Enum
from typing import assert_never

from attrs import frozen

from ksmcheck.backends.evaluator import Outcome, Start, State
from ksmcheck.ir.program import VariableKind
from ksmcheck.ir.step import Step
from ksmcheck.trace.claims import (
    Claim,
    DeadlockClaim,
    FaultClaim,
    OrderClaim,
    PropertyClaim,
    establish,
)
from ksmcheck.trace.describe import Model, calls, describe_initial, describe_step
from ksmcheck.trace.naming import Naming
from ksmcheck.trace.records import Change, Trace, TraceStep, Violation, ViolationKind


class ReplayVerdict(Enum):
    """What became of the counterexample."""

    REPRODUCES = "reproduces"
    DIVERGES = "no longer reproduces"


@frozen
class Replay:
    """``other_version``: the model's digest differs from the trace's.

    ``step`` (from 1) is the first step that cannot be taken as recorded; None when all can and
    only the violation is not there. ``reason`` is empty when the trace reproduces. ``steps`` are
    the steps taken, as the model does them now.
    """

    verdict: ReplayVerdict
    other_version: bool
    step: int | None
    reason: str
    steps: tuple[TraceStep, ...]
    violation: Violation | None


_Taken = tuple[Outcome, TraceStep]


@frozen
class _Diverged:
    reason: str


def replay(model: Model, trace: Trace) -> Replay:
    """Run ``trace`` on ``model``, which is compiled for the trace's kernel and parameters."""
    other = model.program.digest != trace.digest
    starts = _starting_states(model, trace)
    if isinstance(starts, _Diverged):
        return Replay(ReplayVerdict.DIVERGES, other, 0, starts.reason, (), None)
    best: Replay | None = None
    # Several initial states may look alike; the trace reproduces when it does from one of them.
    for start in starts:
        attempt = _run(model, trace, start, other)
        if attempt.verdict is ReplayVerdict.REPRODUCES:
            return attempt
        if best is None or len(attempt.steps) > len(best.steps):
            best = attempt
    assert best is not None
    return best


def _starting_states(model: Model, trace: Trace) -> list[Start] | _Diverged:
    wanted = {item.name: item.value for item in trace.initial}
    fewest: list[str] | None = None
    found = []
    for start in dict.fromkeys(model.evaluator.starts()):
        described = describe_initial(model, start.state, model.naming(start))
        here = {item.name: item.value for item in described}
        differing = [
            f"{name} is {here[name]}, the trace has {value}"
            for name, value in wanted.items()
            if name in here and here[name] != value
        ]
        if not differing:
            found.append(start)
        if fewest is None or len(differing) < len(fewest):
            fewest = differing
    if found:
        return found
    if fewest is None:
        return _Diverged("the model has no initial state")
    return _Diverged("the initial state is not the same: " + "; ".join(fewest[:3]))


@frozen
class _Way:
    """A run that looks like the trace so far: where it is, and the step that led there."""

    state: State
    naming: Naming
    before: State | None = None
    last: Outcome | None = None
    taken: tuple[TraceStep, ...] = ()


def _run(model: Model, trace: Trace, start: Start, other: bool) -> Replay:
    ways = [_Way(start.state, model.naming(start))]
    for number, wanted in enumerate(trace.steps, 1):
        goes_on = number < len(trace.steps)
        following, reason = _followed(model, ways, wanted, goes_on)
        if not following:
            taken = ways[0].taken
            return Replay(ReplayVerdict.DIVERGES, other, number, reason, taken, None)
        ways = following
    for way in ways:
        for claim in _claims(model, trace.violation):
            violation = establish(model, claim, way.before, way.last, way.state, way.naming)
            if violation is not None and violation.bindings == trace.violation.bindings:
                return Replay(ReplayVerdict.REPRODUCES, other, None, "", way.taken, violation)
    reason = _why_not(model, trace.violation)
    return Replay(ReplayVerdict.DIVERGES, other, None, reason, ways[0].taken, None)


def _followed(
    model: Model, ways: list[_Way], wanted: TraceStep, goes_on: bool
) -> tuple[list[_Way], str]:
    """``ways`` after the step ``wanted``, and why the first of them cannot take it.

    Outcomes may look alike and lead to different states: what was found out about symbols is not
    seen in what a step changes. All of them are followed.
    """
    following: dict[State, _Way] = {}
    reason = ""
    for way in ways:
        outcomes = _take(model, way.state, wanted, way.naming)
        if isinstance(outcomes, _Diverged):
            reason = reason or outcomes.reason
            continue
        for outcome, step in outcomes:
            if outcome.state is None and goes_on:
                reason = reason or f"the step ends in a fault, {step.fault}"
                continue
            naming, taken = model.naming_after(way.naming, outcome), (*way.taken, step)
            if outcome.state is None:
                after = _Way(way.state, naming, way.before, outcome, taken)
            else:
                after = _Way(outcome.state, naming, way.state, outcome, taken)
            following.setdefault(after.state, after)
    return list(following.values()), reason


def _take(
    model: Model, state: State, wanted: TraceStep, naming: Naming
) -> list[_Taken] | _Diverged:
    names = [actor.name for actor in model.program.actors]
    if wanted.actor not in names:
        return _Diverged(f"the model has no actor {wanted.actor}")
    actor = names.index(wanted.actor)
    step = model.next_step(state, actor)
    if step is None:
        return _Diverged(f"{wanted.actor} is done already")
    if not _same_place(step, wanted):
        return _Diverged(
            f"{wanted.actor} is at {_place(step)}, "
            f"the trace has {_words(wanted.routine, wanted.text, wanted.file, wanted.line)}"
        )
    outcomes = [item for item in model.evaluator.successors(state) if item.actor == actor]
    if not outcomes:
        return _Diverged(f"{wanted.actor} is blocked at {_place(step)}")
    return _choose(model, state, wanted, outcomes, naming)


def _choose(
    model: Model, state: State, wanted: TraceStep, outcomes: list[Outcome], naming: Naming
) -> list[_Taken] | _Diverged:
    """The outcomes that look as recorded, each as it is described now."""
    chosen = [item for item in outcomes if item.choices == wanted.choices]
    if not chosen:
        words = ", ".join(wanted.choices) or "no choice"
        return _Diverged(f"{wanted.actor} cannot choose as recorded ({words})")
    described = [(item, describe_step(model, state, item, naming)) for item in chosen]
    differences = [_difference(step, wanted) for _, step in described]
    same = [item for item, differs in zip(described, differences, strict=True) if not differs]
    return same or _Diverged(f"the outcome differs: {differences[-1]}")


def _difference(now: TraceStep, wanted: TraceStep) -> str:
    """The first visible difference between two outcomes of a step; empty when there is none."""
    if now.fault != wanted.fault:
        return f"{_fault_words(now)}, the trace has {_fault_words(wanted)}"
    ours, theirs = _visible(now), _visible(wanted)
    for name, change in theirs.items():
        if name not in ours:
            return f"{name} does not change, the trace has {change.before} -> {change.after}"
        if ours[name].after != change.after:
            return f"{name} becomes {ours[name].after}, the trace has {change.after}"
    for name, change in ours.items():
        if name not in theirs:
            return f"{name} becomes {change.after}, in the trace it does not change"
    return ""


def _visible(step: TraceStep) -> dict[str, Change]:
    public = (VariableKind.SHARED, VariableKind.GHOST)
    return {change.name: change for change in step.changes if change.kind in public}


def _fault_words(step: TraceStep) -> str:
    return f"the fault {step.fault}" if step.fault else "no fault"


def _same_place(step: Step, wanted: TraceStep) -> bool:
    """The same access of the same routine; lines may move when a file is edited."""
    here = tuple(call.routine for call in calls(step))
    return step.text == wanted.text and here == tuple(call.routine for call in wanted.calls)


def _place(step: Step) -> str:
    routine = step.frames[-1].routine if step.frames else ""
    return _words(routine, step.text, step.span.file, step.span.line)


def _words(routine: str, text: str, file: str, line: int) -> str:
    return f"{routine}() '{text}' ({file}:{line})"


def _claims(model: Model, violation: Violation) -> list[Claim]:
    """What the violation is called in this model; several faults may share code and message."""
    program = model.program
    match violation.kind:
        case ViolationKind.STATE | ViolationKind.STEP | ViolationKind.END:
            return [
                PropertyClaim(number)
                for number, item in enumerate(program.properties)
                if item.name == violation.name
            ]
        case ViolationKind.FAULT:
            return [
                FaultClaim(number)
                for number, item in enumerate(program.faults)
                if (item.code, item.message) == (violation.code, violation.sentence)
            ]
        case ViolationKind.DEADLOCK:
            return [DeadlockClaim()]
        case ViolationKind.LOCK_ORDER:
            return _order_claims(model, violation)
        case _:
            assert_never(violation.kind)


def _order_claims(model: Model, violation: Violation) -> list[Claim]:
    """The cycle with today's edges: any place where the same two classes nest will do."""
    candidates = [
        [
            number
            for number, edge in enumerate(model.program.edges)
            if (edge.before, edge.after) == (wanted.before, wanted.after)
        ]
        for wanted in violation.cycle
    ]
    if not candidates or not all(candidates):
        return []
    rest = tuple(numbers[0] for numbers in candidates[1:])
    return [OrderClaim((closing, *rest)) for closing in candidates[0]]


def _why_not(model: Model, violation: Violation) -> str:
    match violation.kind:
        case ViolationKind.STATE | ViolationKind.STEP | ViolationKind.END:
            known = any(item.name == violation.name for item in model.program.properties)
            if not known:
                return f"every step can be taken, but the model has no property {violation.name}"
            return f"every step can be taken, but {violation.name} is true at the end"
        case ViolationKind.FAULT:
            return f"every step can be taken, but the last one is no {violation.name} any more"
        case ViolationKind.DEADLOCK:
            return "every step can be taken, but somebody can move or all are done at the end"
        case ViolationKind.LOCK_ORDER:
            return "every step can be taken, but the locks nest in another order"
        case _:
            assert_never(violation.kind)
