"""The meaning of an IR program: a tree-walker that is obvious and never optimised.

Takes a Program; gives its initial states and, for a state, every outcome of every actor's step.
Engines are tested against it and counterexamples are replayed on it, so it trusts nothing: a value
outside its variable's type, an index outside its array, a temp or an old state that was never
given and a division by zero are each an InternalError (the compiler should have put a Check).

A step splits where it chooses and where it asks about symbols, and is run again from its start for
each way through it (``Dialogue``). At the end of a way the condition is settled.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import assert_never

from attrs import define, field, frozen

from ksmcheck.analysis.footprint import is_symbolic
from ksmcheck.analysis.initial import distinct_initial
from ksmcheck.analysis.symbols import Asked, Dialogue, Oracle, symbols_of
from ksmcheck.diagnostics import InternalError
from ksmcheck.ir.expr import Ask, Binary, BitCount, Const, Expr, Ite, Not, Op, Read, Temp
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
    for a fault. ``asked`` is what was asked about symbols, ``named`` the symbols before they were
    renumbered, in the order of the symbolic cells.
    """

    actor: int
    step: Step
    choices: tuple[str, ...]
    state: State | None
    fault: int | None
    flags: frozenset[int]
    asked: tuple[Asked, ...] = ()
    named: tuple[int, ...] = ()


@frozen
class Start:
    """One way through the setup; ``asked`` and ``named`` as in an Outcome."""

    state: State
    asked: tuple[Asked, ...]
    named: tuple[int, ...]


@define
class _Path:
    """The part of one way through a block that has been run so far."""

    cells: list[int]
    old: State | None = None
    temps: dict[int, int] = field(factory=dict)
    flags: frozenset[int] = frozenset()
    choices: tuple[str, ...] = ()
    fault: int | None = None
    target: int = 0
    asked: tuple[Asked, ...] = ()
    named: tuple[int, ...] = ()


class _Blocked(Exception):  # noqa: N818, not an error
    """A Require was false: this path is not an outcome."""


class _Faulted(Exception):  # noqa: N818, not an error
    """A Check was false."""

    def __init__(self, fault: int) -> None:
        super().__init__(fault)
        self.fault = fault


class Evaluator:
    """Runs ``program`` one step at a time. A state is a flat tuple of ints, one for each cell.

    ``oracle`` answers questions about symbols; a program without symbols needs none.
    """

    def __init__(self, program: Program, oracle: Oracle | None = None) -> None:
        self.program = program
        self.oracle = oracle
        self._offsets = program.offsets()
        self._symbols = symbols_of(program)
        self._dialogue = Dialogue(oracle)

    def initial(self) -> list[State]:
        """The distinct initial states in setup order; UserError when setup blocks or faults."""
        return distinct_initial(
            self.program,
            (tuple(path.cells) if path.fault is None else path.fault for path in self._setups()),
        )

    def starts(self) -> list[Start]:
        """The ways through the setup that lead to a state."""
        return [
            Start(tuple(path.cells), path.asked, path.named)
            for path in self._setups()
            if path.fault is None
        ]

    def _setups(self) -> Iterator[_Path]:
        cells: list[int] = []
        for number, variable in enumerate(self.program.variables):
            self._in_range(number, variable.initial)
            cells += [variable.initial] * variable.cells
        return self._run(self.program.setup, tuple(cells))

    def successors(self, state: State) -> list[Outcome]:
        """Every outcome in ``state``: actors in order, then arms in order."""
        outcomes: list[Outcome] = []
        for number, actor in enumerate(self.program.actors):
            location = state[self._offsets[actor.location]]
            if location == actor.done:
                continue
            step = actor.steps[location]
            for path in self._run(step.block, state):
                after: State | None = None
                if path.fault is None:
                    self._store(path, actor.location, (), path.target)
                    after = tuple(path.cells)
                flags = frozenset() if after is None else path.flags
                outcomes.append(
                    Outcome(
                        number,
                        step,
                        path.choices,
                        after,
                        path.fault,
                        flags,
                        path.asked,
                        path.named,
                    )
                )
        return outcomes

    def value(self, expr: Expr, state: State, old: State | None = None) -> int:
        """The value of ``expr`` in ``state``; ``old`` is the state before, for step properties.

        Of an expression that asks, the lowest: so of a property, whether it is true whatever the
        symbols stand for.
        """
        return min(self.values(expr, state, old))

    def values(self, expr: Expr, state: State, old: State | None = None) -> frozenset[int]:
        """Every value that ``expr`` can have for something that the symbols can stand for."""
        path, found = _Path(list(state), old), set()
        for _ in self._ways(state):
            found.add(self._now(expr, path))
        return frozenset(found)

    def asked(
        self, expr: Expr, value: int, state: State, old: State | None = None
    ) -> tuple[Asked, ...]:
        """What is asked on the first way on which ``expr`` has ``value``."""
        path = _Path(list(state), old)
        for _ in self._ways(state):
            if self._now(expr, path) == value:
                return tuple(self._dialogue.asked)
        raise InternalError("the expression never has this value")

    def _ways(self, state: State) -> Iterator[None]:
        """Once for each way in which what is run meanwhile can go."""
        position = self._symbols.condition
        self._dialogue.begin(state[position] if position >= 0 else 0)
        yield
        while self._dialogue.advance():
            self._dialogue.repeat()
            yield

    def _run(self, block: Block, state: State) -> Iterator[_Path]:
        symbolic = self._symbols.condition >= 0 and is_symbolic(self.program, block)
        for _ in self._ways(state):
            path = _Path(list(state))
            try:
                self._block(block, path)
            except _Blocked:
                continue
            except _Faulted as faulted:
                path.fault = faulted.fault
            path.asked = tuple(self._dialogue.asked)
            if symbolic and path.fault is None:
                self._settle(path)
            yield path

    def _block(self, block: Block, path: _Path) -> None:
        self._operations(block.operations, path)
        match block.end:
            case Goto(location):
                path.target = location
            case Branch(condition, then, orelse):
                self._block(then if self._now(condition, path) else orelse, path)
            case Choose(labels, arms):
                if not arms:
                    raise _Blocked
                number = self._dialogue.choose(len(arms))
                path.choices = (*path.choices, labels[number])
                self._block(arms[number], path)
            case _:
                assert_never(block.end)

    def _settle(self, path: _Path) -> None:
        """Bring the condition and the numbers of the symbols into their canonical form."""
        assert self.oracle is not None
        path.named = symbols = tuple(path.cells[position] for position in self._symbols.cells)
        condition, settled = self.oracle.settle(self._dialogue.condition, symbols)
        path.cells[self._symbols.condition] = condition
        for position, symbol in zip(self._symbols.cells, settled, strict=True):
            path.cells[position] = symbol

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
        match expr:
            case Const(value):
                return value
            case Read(variable, index, before):
                cell = self._cell(variable, tuple(self._now(item, path) for item in index))
                if not before:
                    return path.cells[cell]
                if path.old is None:
                    raise InternalError("an old value was read where there is no state before")
                return path.old[cell]
            case Temp(number):
                if number not in path.temps:
                    raise InternalError(f"temp {number} was read before it was set")
                return path.temps[number]
            case Not(operand):
                return int(not self._now(operand, path))
            case Binary(op, left, right):
                first = self._now(left, path)
                if (op is Op.AND and not first) or (op is Op.OR and first):
                    return int(op is Op.OR)
                return _apply(op, first, self._now(right, path))
            case Ite(condition, then, orelse):
                return self._now(then if self._now(condition, path) else orelse, path)
            case BitCount(operand):
                return self._now(operand, path).bit_count()
            case Ask(question, operands):
                symbols = tuple(self._now(item, path) for item in operands)
                return self._dialogue.ask(question, symbols)
            case _:
                assert_never(expr)


def _apply(op: Op, left: int, right: int) -> int:
    if (op in (Op.DIV, Op.MOD) and right == 0) or (op in (Op.SHL, Op.SHR) and right < 0):
        raise InternalError(f"{left} {op.value} {right} has no value")
    return apply(op, left, right)
