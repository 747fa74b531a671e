"""One outcome of the evaluator, in words: what the step did, what changed, who holds what now."""

from __future__ import annotations

from attrs import frozen

from ksmcheck.backends.evaluator import Evaluator, Outcome, State
from ksmcheck.ir.expr import Binary, BitCount, Const, Expr, Ite, Not, Read, Temp
from ksmcheck.ir.program import Program, VariableKind
from ksmcheck.ir.step import AccessKind, Step
from ksmcheck.ir.types import LockType, format_value
from ksmcheck.trace.layout import Cell, cells, held_locks
from ksmcheck.trace.records import Call, Change, Initial, Named, TraceStep


@frozen
class Model:
    """A compiled program with what is needed to run it and to talk about its states."""

    program: Program
    evaluator: Evaluator
    cells: tuple[Cell, ...]
    offsets: tuple[int, ...]

    @classmethod
    def of(cls, program: Program) -> Model:
        """The model of a program."""
        return cls(program, Evaluator(program), cells(program), program.offsets())

    def location(self, state: State, actor: int) -> int:
        """Where an actor is in a state."""
        return state[self.offsets[self.program.actors[actor].location]]

    def next_step(self, state: State, actor: int) -> Step | None:
        """The step at which an actor stands; None when it is done."""
        location, owner = self.location(state, actor), self.program.actors[actor]
        return None if location >= owner.done else owner.steps[location]


def describe_initial(model: Model, state: State) -> tuple[Initial, ...]:
    """The shared and ghost values that a run begins with."""
    return tuple(
        Initial(cell.name, format_value(cell.type, raw), raw, raw != cell.variable.initial)
        for cell, raw in zip(model.cells, state, strict=True)
        if cell.public
    )


def describe_step(model: Model, before: State, outcome: Outcome) -> TraceStep:
    """The record of one outcome. A fault has no state after it: nothing is known to change."""
    step = outcome.step
    after = before if outcome.state is None else outcome.state
    fault = "" if outcome.fault is None else model.program.faults[outcome.fault].code
    return TraceStep(
        actor=model.program.actors[outcome.actor].name,
        routine=step.frames[-1].routine if step.frames else "",
        calls=calls(step),
        source=next((frame.source for frame in reversed(step.frames) if frame.source), ""),
        file=step.span.file,
        line=step.span.line,
        access=step.access.kind,
        text=step.text,
        choices=outcome.choices,
        read=_read(model, before, step),
        changes=_changes(model, before, after, outcome.actor),
        locks=held_locks(model.cells, after),
        fault=fault,
    )


def calls(step: Step) -> tuple[Call, ...]:
    """The inlined call stack of a step, outermost first."""
    return tuple(
        Call(
            frame.routine,
            frame.source,
            f"{frame.called_from.file}:{frame.called_from.line}" if frame.called_from else "",
        )
        for frame in step.frames
    )


def accessed_cell(model: Model, state: State, step: Step) -> int | None:
    """The position of the one shared cell that a step is about, if that is known before it runs."""
    access = step.access
    if access.variable is None or any(_has_temp(index) for index in access.index):
        return None
    position = 0
    variable = model.program.variables[access.variable]
    if len(access.index) != len(variable.dims):
        # An allocation looks at the whole pool.
        return None
    for size, index in zip(variable.dims, access.index, strict=True):
        digit = model.evaluator.value(index, state)
        if not 0 <= digit < size:
            return None
        position = position * size + digit
    return model.offsets[access.variable] + position


def _read(model: Model, before: State, step: Step) -> Named | None:
    if step.access.kind not in (AccessKind.LOAD, AccessKind.UPDATE):
        return None
    position = accessed_cell(model, before, step)
    if position is None or isinstance(model.cells[position].type, LockType):
        return None
    cell, raw = model.cells[position], before[position]
    return Named(cell.name, format_value(cell.type, raw), raw)


def _changes(model: Model, before: State, after: State, actor: int) -> tuple[Change, ...]:
    """What differs, without the actors' locations; of locals only those that are still of use."""
    step = model.next_step(after, actor)
    live = dict(step.live) if step else {}
    found = []
    for cell, old, new in zip(model.cells, before, after, strict=True):
        kind = cell.variable.kind
        if old == new or kind is VariableKind.LOCATION:
            continue
        name = cell.name
        if kind is VariableKind.LOCAL:
            if cell.number not in live:
                continue
            name = live[cell.number]
        words = format_value(cell.type, old), format_value(cell.type, new)
        found.append(Change(name, kind, words[0], words[1], old, new))
    return tuple(found)


def _has_temp(expression: Expr) -> bool:
    match expression:
        case Temp():
            return True
        case Const():
            return False
        case Read(index=index):
            return any(_has_temp(part) for part in index)
        case Not(operand=operand) | BitCount(operand=operand):
            return _has_temp(operand)
        case Binary(left=left, right=right):
            return _has_temp(left) or _has_temp(right)
        case Ite(condition=condition, then=then, orelse=orelse):
            return _has_temp(condition) or _has_temp(then) or _has_temp(orelse)
