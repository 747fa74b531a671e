"""One outcome of the evaluator, in words: what the step did, what changed, who holds what now."""

from __future__ import annotations

from attrs import frozen

from ksmcheck.analysis.symbols import Oracle, Symbols, symbols_of
from ksmcheck.backends.evaluator import Evaluator, Outcome, Start, State
from ksmcheck.explore.oracles import oracle_for
from ksmcheck.ir.expr import Ask, Binary, BitCount, Const, Expr, Ite, Not, Read, Temp
from ksmcheck.ir.program import Program, VariableKind
from ksmcheck.ir.step import AccessKind, Step
from ksmcheck.ir.types import ConditionType, LockType
from ksmcheck.trace.layout import Cell, cells, held_locks
from ksmcheck.trace.naming import Naming
from ksmcheck.trace.records import Call, Change, Initial, Named, TraceStep


@frozen
class Model:
    """A compiled program with what is needed to run it and to talk about its states."""

    program: Program
    evaluator: Evaluator
    cells: tuple[Cell, ...]
    offsets: tuple[int, ...]
    symbols: Symbols

    @classmethod
    def of(cls, program: Program, oracle: Oracle | None = None) -> Model:
        """The model of a program; ``oracle`` is that of the search whose states are looked at."""
        evaluator = Evaluator(program, oracle or oracle_for(program))
        return cls(program, evaluator, cells(program), program.offsets(), symbols_of(program))

    def numbers(self, state: State) -> tuple[int, ...]:
        """The symbols in the symbolic cells of a state."""
        return tuple(state[position] for position in self.symbols.cells)

    def naming(self, start: Start) -> Naming:
        """What the symbols are called in an initial state."""
        naming = Naming(self.symbols).asking(start.asked)
        return naming.settled(start.named, self.numbers(start.state))

    def naming_after(self, naming: Naming, outcome: Outcome) -> Naming:
        """What they are called after a step; after a fault there is nothing to call."""
        if outcome.state is None or not outcome.named:
            return naming
        return naming.asking(outcome.asked).settled(outcome.named, self.numbers(outcome.state))

    def location(self, state: State, actor: int) -> int:
        """Where an actor is in a state."""
        return state[self.offsets[self.program.actors[actor].location]]

    def next_step(self, state: State, actor: int) -> Step | None:
        """The step at which an actor stands; None when it is done."""
        location, owner = self.location(state, actor), self.program.actors[actor]
        return None if location >= owner.done else owner.steps[location]


def describe_initial(model: Model, state: State, naming: Naming) -> tuple[Initial, ...]:
    """The shared and ghost values that a run begins with."""
    return tuple(
        Initial(cell.name, naming.word(cell.type, raw), raw, raw != cell.variable.initial)
        for cell, raw in zip(model.cells, state, strict=True)
        if cell.public
    )


def describe_step(model: Model, before: State, outcome: Outcome, naming: Naming) -> TraceStep:
    """The record of one outcome. A fault has no state after it: nothing is known to change.

    ``naming`` is that of the state before.
    """
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
        read=_read(model, before, step, naming),
        changes=_changes(model, before, after, outcome, naming),
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


def _read(model: Model, before: State, step: Step, naming: Naming) -> Named | None:
    if step.access.kind not in (AccessKind.LOAD, AccessKind.UPDATE):
        return None
    position = accessed_cell(model, before, step)
    if position is None or isinstance(model.cells[position].type, LockType):
        return None
    cell, raw = model.cells[position], before[position]
    return Named(cell.name, naming.word(cell.type, raw), raw)


def _changes(
    model: Model, before: State, after: State, outcome: Outcome, naming: Naming
) -> tuple[Change, ...]:
    """What differs, without the actors' locations; of locals only those that are still of use."""
    step = model.next_step(after, outcome.actor)
    naming_after = model.naming_after(naming, outcome)
    live = dict(step.live) if step else {}
    found = []
    for cell, old, new in zip(model.cells, before, after, strict=True):
        kind = cell.variable.kind
        if kind is VariableKind.LOCATION or isinstance(cell.type, ConditionType):
            continue
        words = naming.word(cell.type, old), naming_after.word(cell.type, new)
        if words[0] == words[1]:
            continue
        name = cell.name
        if kind is VariableKind.LOCAL:
            if cell.number not in live:
                continue
            name = live[cell.number]
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
        case Ask(operands=operands):
            return any(_has_temp(part) for part in operands)
