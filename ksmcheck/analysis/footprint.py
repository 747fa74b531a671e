"""What a step can change and what an expression can see, as sets of cells of the flat state.

Both are upper bounds: an index that is not constant stands for every cell of the variable.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import assert_never

from ksmcheck.ir.expr import Ask, Binary, BitCount, Const, Expr, Ite, Not, Read, Temp
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
    When,
)
from ksmcheck.ir.types import ConditionType, SymbolType


def subexpressions(expr: Expr) -> Iterator[Expr]:
    """``expr`` and everything below it, without recursion because expressions may be deep."""
    stack = [expr]
    while stack:
        item = stack.pop()
        yield item
        match item:
            case Const() | Temp():
                pass
            case Read(_, index):
                stack += index
            case Not(operand) | BitCount(operand):
                stack.append(operand)
            case Binary(_, left, right):
                stack += (left, right)
            case Ite(condition, then, orelse):
                stack += (condition, then, orelse)
            case Ask(_, operands):
                stack += operands
            case _:
                assert_never(item)


def temps_of(expr: Expr) -> set[int]:
    """The temps that ``expr`` reads."""
    return {item.number for item in subexpressions(expr) if isinstance(item, Temp)}


def all_operations(operations: tuple[Operation, ...]) -> Iterator[Operation]:
    """``operations`` and those inside When, the When itself included."""
    for operation in operations:
        yield operation
        if isinstance(operation, When):
            yield from all_operations(operation.then)
            yield from all_operations(operation.orelse)


def blocks(block: Block) -> Iterator[Block]:
    """``block`` and every block below it."""
    yield block
    match block.end:
        case Goto():
            pass
        case Branch(_, then, orelse):
            yield from blocks(then)
            yield from blocks(orelse)
        case Choose(_, arms):
            for arm in arms:
                yield from blocks(arm)
        case _:
            assert_never(block.end)


def targets(block: Block) -> set[int]:
    """The locations to which a step with this block may go."""
    ends = [item.end for item in blocks(block)]
    return {end.location for end in ends if isinstance(end, Goto)}


def expressions_of(operation: Operation) -> tuple[Expr, ...]:
    """The expressions of the operation itself (not of those inside a When)."""
    match operation:
        case Assign(_, index, value):
            return (*index, value)
        case SetTemp(_, value):
            return (value,)
        case Check(condition) | Require(condition) | When(condition):
            return (condition,)
        case Observe(_, condition):
            return (condition,)
        case _:
            assert_never(operation)


def block_temps(block: Block) -> set[int]:
    """The temps that are read anywhere in ``block``."""
    found: set[int] = set()
    for item in blocks(block):
        for operation in all_operations(item.operations):
            for expr in expressions_of(operation):
                found |= temps_of(expr)
        if isinstance(item.end, Branch):
            found |= temps_of(item.end.condition)
    return found


def block_expressions(root: Block) -> Iterator[Expr]:
    """Every expression that a step may evaluate."""
    for block in blocks(root):
        for operation in all_operations(block.operations):
            yield from expressions_of(operation)
        if isinstance(block.end, Branch):
            yield block.end.condition


def asks(expression: Expr) -> bool:
    """True when evaluating ``expression`` may ask a question."""
    return any(isinstance(item, Ask) for item in subexpressions(expression))


def is_symbolic(program: Program, root: Block) -> bool:
    """True when a step asks a question or stores a symbol, so that its end must be settled."""
    for block in blocks(root):
        for operation in all_operations(block.operations):
            if isinstance(operation, Assign) and isinstance(
                program.variables[operation.variable].type, SymbolType
            ):
                return True
    return any(asks(item) for item in block_expressions(root))


def cells(
    program: Program, offsets: tuple[int, ...], variable: int, index: tuple[Expr, ...]
) -> range:
    """The cells of the flat state that ``variable[index]`` may be."""
    declared, start = program.variables[variable], offsets[variable]
    if all(isinstance(item, Const) for item in index):
        cell = 0
        for item, size in zip(index, declared.dims, strict=True):
            assert isinstance(item, Const)
            cell = cell * size + item.value
        return range(start + cell, start + cell + 1)
    # The first dimension is the object; keep it when it alone is known.
    first = index[0]
    if isinstance(first, Const):
        each = declared.cells // declared.dims[0]
        return range(start + first.value * each, start + (first.value + 1) * each)
    return range(start, start + declared.cells)


class Footprint:
    """Cells of ``program``, numbered as in its flat state.

    A question is about the condition as well, and the end of a symbolic step renumbers all symbols.
    """

    def __init__(self, program: Program) -> None:
        self._program = program
        self._offsets = program.offsets()
        conditions: set[int] = set()
        symbols: set[int] = set()
        for number, variable in enumerate(program.variables):
            first = self._offsets[number]
            if isinstance(variable.type, ConditionType):
                conditions.add(first)
            elif isinstance(variable.type, SymbolType):
                symbols.update(range(first, first + variable.cells))
        self._conditions = frozenset(conditions)
        self._settled = frozenset(symbols | conditions)

    def reads(self, expr: Expr) -> frozenset[int]:
        """The cells that decide the value of ``expr``, in the state before and after alike."""
        found: set[int] = set()
        for item in subexpressions(expr):
            if isinstance(item, Read):
                found.update(cells(self._program, self._offsets, item.variable, item.index))
            elif isinstance(item, Ask):
                found |= self._conditions
        return frozenset(found)

    def writes(self, block: Block) -> frozenset[int]:
        """The cells that ``block`` may store to; the actor's location is not among them."""
        found: set[int] = set()
        for item in blocks(block):
            for operation in all_operations(item.operations):
                if isinstance(operation, Assign):
                    found.update(
                        cells(self._program, self._offsets, operation.variable, operation.index)
                    )
        if self._settled and is_symbolic(self._program, block):
            found |= self._settled
        return frozenset(found)

    def location(self, actor: int) -> int:
        """The cell of an actor's location."""
        return self._offsets[self._program.actors[actor].location]
