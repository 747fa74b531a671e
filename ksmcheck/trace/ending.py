"""The end of a counterexample: why the property is false, in the user's words."""

from __future__ import annotations

from typing import assert_never

from ksmcheck.trace.columns import Line
from ksmcheck.trace.records import OrderEdge, Violation, ViolationKind, Waiting


def ending(violation: Violation) -> list[Line]:
    """The lines below the table."""
    match violation.kind:
        case ViolationKind.STATE | ViolationKind.STEP | ViolationKind.END:
            return _false_property(violation)
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


def _false_property(violation: Violation) -> list[Line]:
    moment = {
        ViolationKind.STATE: "is false after the last step",
        ViolationKind.STEP: "is false over the last step",
        ViolationKind.END: "is false at the end of the run",
    }[violation.kind]
    code = f"{violation.code} " if violation.code else ""
    source = f" ({violation.source})" if violation.source else ""
    lines = [
        Line(f"{code}{violation.name} {moment}:"),
        Line(f"{violation.sentence}{source}", 2, 0),
    ]
    if violation.bindings:
        pairs = ", ".join(f"{item.name} = {item.value}" for item in violation.bindings)
        lines.append(Line(f"false for {pairs}:", 2))
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
