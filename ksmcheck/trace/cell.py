"""One step of a trace as a few lines of text: routine, source line, what it did, what changed."""

from __future__ import annotations

from collections.abc import Iterator

from attrs import frozen

from ksmcheck.ir.program import VariableKind
from ksmcheck.trace.columns import Line
from ksmcheck.trace.records import Call, Held, TraceStep

_DEEPEST_INDENT = 2


@frozen
class Moment:
    """A step and what a reader has seen before it.

    ``last`` is the same actor's step before this one; ``continued`` when nobody moved in between.
    ``held`` are the locks held before the step.
    """

    number: int
    step: TraceStep
    last: TraceStep | None
    continued: bool
    held: tuple[Held, ...]


def moments(steps: tuple[TraceStep, ...]) -> Iterator[Moment]:
    """The steps of a trace in order, each with what went before."""
    last: dict[str, TraceStep] = {}
    held: tuple[Held, ...] = ()
    mover = ""
    for number, step in enumerate(steps, 1):
        yield Moment(number, step, last.get(step.actor), mover == step.actor, held)
        last[step.actor], mover, held = step, step.actor, step.locks


def step_lines(moment: Moment) -> list[Line]:
    """The lines of a step. An actor that goes on in a routine does not name it again."""
    step, held = moment.step, moment.held
    stack = _shown_stack(step)
    depth = min(max(len(stack) - 1, 0), _DEEPEST_INDENT)
    lines = _headings(moment, stack)
    mine = [lock.lock for lock in held if step.actor in lock.holders]
    if mine and not moment.continued:
        lines.append(Line(f"[holds {', '.join(mine)}]", depth))
    lines.append(Line(f"{step.line} {step.text}{_result(step)}", depth))
    detail = depth + 2
    lines += [Line(f"chose {choice}", detail) for choice in step.choices]
    lines += [Line(text, detail) for text in _lock_marks(step, held)]
    lines += [Line(text, detail) for text in _change_texts(step, held)]
    if step.fault:
        lines.append(Line(f"*** {step.fault} ***", detail))
    return lines


def _shown_stack(step: TraceStep) -> tuple[Call, ...]:
    """The call stack without the actor's own body, unless that is all there is."""
    return step.calls[1:] if len(step.calls) > 1 else step.calls


def _headings(moment: Moment, stack: tuple[Call, ...]) -> list[Line]:
    """The calls that the actor was not in at its last step; at least the innermost one."""
    step, last = moment.step, moment.last
    if not stack:
        return []
    common = 0
    if last is not None:
        if moment.continued and last.calls == step.calls and last.file == step.file:
            return []
        for ours, theirs in zip(stack, _shown_stack(last), strict=False):
            if ours != theirs:
                break
            common += 1
    file = step.file.rsplit("/", 1)[-1]
    lines = []
    for depth in range(min(common, len(stack) - 1), len(stack)):
        innermost = depth == len(stack) - 1
        name = f"{stack[depth].routine}() {file}" if innermost else f"{stack[depth].routine}()"
        lines.append(Line(name, min(depth, _DEEPEST_INDENT)))
    return lines


def _result(step: TraceStep) -> str:
    """What a load found, when neither a local that received it nor a change says so."""
    if step.read is None or any(change.name == step.read.name for change in step.changes):
        return ""
    stored = [
        change.after
        for change in step.changes
        if change.kind is VariableKind.LOCAL and not change.name.startswith("(")
    ]
    return "" if step.read.value in stored else f": {step.read.value}"


def _lock_marks(step: TraceStep, held: tuple[Held, ...]) -> list[str]:
    before = {(lock.lock, name): lock.mode for lock in held for name in lock.holders}
    after = {(lock.lock, name): lock.mode for lock in step.locks for name in lock.holders}
    marks = []
    for (lock, name), mode in before.items():
        if (lock, name) not in after:
            marks.append("- " + _lock_words(lock, name, mode, step.actor))
    for (lock, name), mode in after.items():
        if before.get((lock, name)) != mode:
            marks.append("+ " + _lock_words(lock, name, mode, step.actor))
    return marks


def _lock_words(lock: str, holder: str, mode: str, actor: str) -> str:
    words = lock if mode == "held" else f"{lock} ({mode})"
    return words if holder == actor else f"{words} of {holder}"


def _change_texts(step: TraceStep, held: tuple[Held, ...]) -> list[str]:
    # A lock whose state changed was held before or is held now, and has its own marks.
    locks = {lock.lock for lock in (*held, *step.locks)}
    texts = []
    for change in step.changes:
        match change.kind:
            case VariableKind.SHARED if change.name in locks:
                continue
            case VariableKind.SHARED | VariableKind.GHOST:
                texts.append(f"{change.name}: {change.before} -> {change.after}")
            case VariableKind.LOCAL if change.name.startswith("("):
                # A value that the compiler keeps for a moment; the source has no name for it.
                continue
            case VariableKind.LOCAL:
                texts.append(f"{change.name} = {change.after}")
            case VariableKind.BOOKKEEPING if change.after in ("true", "false"):
                # An object that is allocated or freed; the other bookkeeping is the tool's own.
                texts.append(f"{change.name}: {change.before} -> {change.after}")
            case VariableKind.LOCATION | VariableKind.BOOKKEEPING:
                continue
    return texts
