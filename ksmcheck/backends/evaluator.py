"""The meaning of an IR program: a tree-walker that is obvious and never optimised.

Takes a Program; gives its initial states and, for a state, every outcome of every actor's step.
Engines are tested against it and counterexamples are replayed on it, so it trusts nothing: a value
outside its variable's type, an index outside its array, a temp or an old state that was never
given and a division by zero are each an InternalError (the compiler should have put a Check).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import assert_never

from attrs import Factory, define, frozen

from ksmcheck.analysis.initial import distinct_initial
from ksmcheck.diagnostics import InternalError
from ksmcheck.ir.expr import Binary, BitCount, Const, Expr, Ite, Not, Op, Read, Temp
from ksmcheck.ir.fold import apply
from ksmcheck.ir.program import Program
from ksmcheck.ir.step import (
    Assign,
    Block,
    Branch,
    Check,
    Choose,
    Goto,
    Observe,
    Operation,
    Require,
    SetTemp,
    Step,
    When,
)

State = tuple[int, ...]


@frozen
class Outcome:
    """One way in which ``step`` can go: to ``state``, or (when that is None) to ``fault``.

    ``choices`` are the labels of the arms taken; ``flags`` the lock-order flags observed, empty
    for a fault.
    """

    actor: int
    step: Step
    choices: tuple[str, ...]
    state: State | None
    fault: int | None
    flags: frozenset[int]


@define
class _Path:
    """The part of one path through a block that has been run so far."""

    cells: list[int]
    temps: dict[int, int] = Factory(dict)
    flags: frozenset[int] = frozenset()
    choices: tuple[str, ...] = ()
    fault: int | None = None
    target: int = 0

    def fork(self, label: str) -> _Path:
        return _Path(list(self.cells), dict(self.temps), self.flags, (*self.choices, label))


class _Blocked(Exception):  # noqa: N818, not an error
    """A Require was false: this path is not an outcome."""


class _Faulted(Exception):  # noqa: N818, not an error
    """A Check was false."""

    def __init__(self, fault: int) -> None:
        super().__init__(fault)
        self.fault = fault


class Evaluator:
    """Runs ``program`` one step at a time. A state is a flat tuple of ints, one for each cell."""

    def __init__(self, program: Program) -> None:
        self.program = program
        self._offsets = program.offsets()

    def initial(self) -> list[State]:
        """The distinct initial states in setup order; UserError when setup blocks or faults."""
        cells: list[int] = []
        for number, variable in enumerate(self.program.variables):
            self._in_range(number, variable.initial)
            cells += [variable.initial] * variable.cells
        paths = self._run(self.program.setup, _Path(cells))
        return distinct_initial(
            self.program,
            (tuple(path.cells) if path.fault is None else path.fault for path in paths),
        )

    def successors(self, state: State) -> list[Outcome]:
        """Every outcome in ``state``: actors in order, then arms in order."""
        outcomes: list[Outcome] = []
        for number, actor in enumerate(self.program.actors):
            location = state[self._offsets[actor.location]]
            if location == actor.done:
                continue
            step = actor.steps[location]
            for path in self._run(step.block, _Path(list(state))):
                after: State | None = None
                if path.fault is None:
                    self._store(path, actor.location, (), path.target)
                    after = tuple(path.cells)
                flags = frozenset() if after is None else path.flags
                outcomes.append(Outcome(number, step, path.choices, after, path.fault, flags))
        return outcomes

    def value(self, expr: Expr, state: State, old: State | None = None) -> int:
        """The value of ``expr`` in ``state``; ``old`` is the state before, for step properties."""
        return self._value(expr, list(state), {}, old)

    def _run(self, block: Block, path: _Path) -> Iterator[_Path]:
        try:
            self._operations(block.operations, path)
        except _Blocked:
            return
        except _Faulted as faulted:
            path.fault = faulted.fault
            yield path
            return
        match block.end:
            case Goto(location):
                path.target = location
                yield path
            case Branch(condition, then, orelse):
                yield from self._run(then if self._now(condition, path) else orelse, path)
            case Choose(labels, arms):
                for label, arm in zip(labels, arms, strict=True):
                    yield from self._run(arm, path.fork(label))
            case _:
                assert_never(block.end)

    def _operations(self, operations: tuple[Operation, ...], path: _Path) -> None:
        for operation in operations:
            match operation:
                case Assign(variable, index, value):
                    where = tuple(self._now(item, path) for item in index)
                    self._store(path, variable, where, self._now(value, path))
                case SetTemp(number, value):
                    path.temps[number] = self._now(value, path)
                case Check(condition, fault):
                    if not self._now(condition, path):
                        raise _Faulted(fault)
                case Require(condition):
                    if not self._now(condition, path):
                        raise _Blocked
                case Observe(flag, condition):
                    if self._now(condition, path):
                        path.flags |= {flag}
                case When(condition, then, orelse):
                    self._operations(then if self._now(condition, path) else orelse, path)
                case _:
                    assert_never(operation)

    def _store(self, path: _Path, variable: int, index: tuple[int, ...], value: int) -> None:
        self._in_range(variable, value)
        path.cells[self._cell(variable, index)] = value

    def _in_range(self, variable: int, value: int) -> None:
        declared = self.program.variables[variable]
        if not declared.type.lo <= value <= declared.type.hi:
            raise InternalError(
                f"{declared.name} was given {value},"
                f" outside {declared.type.lo}..{declared.type.hi}, with no check before it"
            )

    def _cell(self, variable: int, index: tuple[int, ...]) -> int:
        declared = self.program.variables[variable]
        inside = all(0 <= item < size for item, size in zip(index, declared.dims, strict=False))
        if len(index) != len(declared.dims) or not inside:
            raise InternalError(f"{declared.name}{list(index)} is outside {list(declared.dims)}")
        cell = 0
        for item, size in zip(index, declared.dims, strict=True):
            cell = cell * size + item
        return self._offsets[variable] + cell

    def _now(self, expr: Expr, path: _Path) -> int:
        return self._value(expr, path.cells, path.temps, None)

    def _value(self, expr: Expr, cells: list[int], temps: dict[int, int], old: State | None) -> int:
        match expr:
            case Const(value):
                return value
            case Read(variable, index, before):
                where = tuple(self._value(item, cells, temps, old) for item in index)
                cell = self._cell(variable, where)
                if not before:
                    return cells[cell]
                if old is None:
                    raise InternalError("an old value was read where there is no state before")
                return old[cell]
            case Temp(number):
                if number not in temps:
                    raise InternalError(f"temp {number} was read before it was set")
                return temps[number]
            case Not(operand):
                return int(not self._value(operand, cells, temps, old))
            case Binary(op, left, right):
                first = self._value(left, cells, temps, old)
                if (op is Op.AND and not first) or (op is Op.OR and first):
                    return int(op is Op.OR)
                return _apply(op, first, self._value(right, cells, temps, old))
            case Ite(condition, then, orelse):
                taken = then if self._value(condition, cells, temps, old) else orelse
                return self._value(taken, cells, temps, old)
            case BitCount(operand):
                return self._value(operand, cells, temps, old).bit_count()
            case _:
                assert_never(expr)


def _apply(op: Op, left: int, right: int) -> int:
    if (op in (Op.DIV, Op.MOD) and right == 0) or (op in (Op.SHL, Op.SHR) and right < 0):
        raise InternalError(f"{left} {op.value} {right} has no value")
    return apply(op, left, right)
