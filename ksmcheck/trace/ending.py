"""The end of a counterexample: why the property is false, in the user's words."""

from __future__ import annotations

from typing import Literal, assert_never

from ksmcheck.trace.columns import Line
from ksmcheck.trace.records import OrderEdge, Violation, ViolationKind, Waiting


def ending(violation: Violation, steps: int) -> list[Line]:
    """The lines below the table of a trace with so many steps."""
    match violation.kind:
        case ViolationKind.STATE | ViolationKind.STEP | ViolationKind.END:
            moment = _moment(violation.kind, steps)
            return _broken_rule(violation, moment)
        case ViolationKind.FAULT:
            return [
                Line(f"{violation.code} {violation.name}: {violation.sentence}"),
                Line(f"at {violation.file}:{violation.line}", 2),
            ]
        case ViolationKind.DEADLOCK:
            return _deadlock(violation)
        case ViolationKind.LOCK_ORDER:
            return _cycle(violation)
        case _:
            assert_never(violation.kind)


def _moment(
    kind: Literal[ViolationKind.STATE, ViolationKind.STEP, ViolationKind.END], steps: int
) -> str:
    match kind:
        case ViolationKind.STATE:
            return "after the last step" if steps else "in the initial state"
        case ViolationKind.STEP:
            return "over the last step"
        case ViolationKind.END:
            return "at the end of the run"
        case _:
            assert_never(kind)


def _broken_rule(violation: Violation, moment: str) -> list[Line]:
    """A property of the scenario, or a built-in check that is stated as one (it has a code)."""
    if violation.code:
        lines = [
            Line(f"{violation.code} {violation.name} {moment}. The rule that is broken:"),
            Line(violation.sentence, 2, 0),
        ]
    else:
        source = f" ({violation.source})" if violation.source else ""
        lines = [
            Line(f"{violation.name} is false {moment}:"),
            Line(f"{violation.sentence}{source}", 2, 0),
        ]
    if violation.bindings:
        pairs = ", ".join(f"{item.name} = {item.value}" for item in violation.bindings)
        word, colon = "broken" if violation.code else "false", ":" if violation.values else ""
        lines.append(Line(f"{word} for {pairs}{colon}", 2))
    lines += [Line(f"{item.name} = {item.value}", 4) for item in violation.values]
    return lines


def _deadlock(violation: Violation) -> list[Line]:
    lines = [Line(f"{violation.code} deadlock: {violation.sentence}")]
    for waiting in violation.waiting:
        lines.append(
            Line(
                f"{waiting.actor} waits in {waiting.routine}() "
                f"at {waiting.file}:{waiting.line}: {waiting.text}",
                2,
            )
        )
        if waiting.lock:
            lines.append(Line(f"for {waiting.lock}, {_holders(waiting)}", 4))
    return lines


def _holders(waiting: Waiting) -> str:
    if not waiting.held_by:
        return "which nobody holds"
    names = ["itself" if name == waiting.actor else name for name in waiting.held_by]
    return "held by " + " and ".join(names)


def _cycle(violation: Violation) -> list[Line]:
    lines = [Line(f"{violation.code} lock order: {violation.sentence}")]
    lines += [Line(_edge(edge), 2) for edge in violation.cycle]
    lines.append(Line("The first of these is the last step of the trace."))
    return lines


def _edge(edge: OrderEdge) -> str:
    return f"{edge.after} is taken with {edge.before} held at {edge.file}:{edge.line}"
