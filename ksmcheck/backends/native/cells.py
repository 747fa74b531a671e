"""What the native engine asks of blocks and cells beyond ``analysis.footprint``."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import assert_never

from ksmcheck.analysis.footprint import (
    all_operations,
    blocks,
    expressions_of,
    subexpressions,
)
from ksmcheck.analysis.symbols import Symbols
from ksmcheck.ir.expr import Ask, Const, Expr, Read
from ksmcheck.ir.program import Program
from ksmcheck.ir.step import Assign, Block, Branch, Choose, Goto, SetTemp
from ksmcheck.ir.symbols import Compare


def variables_read(expr: Expr) -> frozenset[int]:
    """The variables that ``expr`` reads, in the state before or after."""
    return frozenset(item.variable for item in subexpressions(expr) if isinstance(item, Read))


def scope_blocks(block: Block) -> Iterator[Block]:
    """``block`` and the blocks below it that are not in an arm of a Choose."""
    yield block
    if isinstance(block.end, Branch):
        yield from scope_blocks(block.end.then)
        yield from scope_blocks(block.end.orelse)


def block_reads(block: Block) -> frozenset[int]:
    """The variables that are read anywhere in ``block``."""
    found: set[int] = set()
    for item in blocks(block):
        for operation in all_operations(item.operations):
            for expr in expressions_of(operation):
                found |= variables_read(expr)
        if isinstance(item.end, Branch):
            found |= variables_read(item.end.condition)
    return frozenset(found)


def block_writes(block: Block) -> frozenset[int]:
    """The variables that are assigned anywhere in ``block``."""
    return frozenset(
        operation.variable
        for item in blocks(block)
        for operation in all_operations(item.operations)
        if isinstance(operation, Assign)
    )


def temps(block: Block) -> frozenset[int]:
    """The temps that are set anywhere in ``block``."""
    return frozenset(
        operation.number
        for item in blocks(block)
        for operation in all_operations(item.operations)
        if isinstance(operation, SetTemp)
    )


# the answers of a comparison
SIDES = 3


def outcomes(block: Block, *, symbolic: bool) -> int:
    """At most how many outcomes ``block`` has; ``symbolic``: it may ask questions."""
    match block.end:
        case Goto():
            below = 1
        case Branch(_, then, orelse):
            below = max(outcomes(item, symbolic=symbolic) for item in (then, orelse))
        case Choose(_, arms):
            below = max(sum(outcomes(arm, symbolic=symbolic) for arm in arms), 1)
        case _:
            assert_never(block.end)
    return below * SIDES ** _comparisons(block) if symbolic else below


def _comparisons(block: Block) -> int:
    """How often two symbols are compared in the operations and the end of ``block`` itself."""
    expressions = [
        expr for operation in all_operations(block.operations) for expr in expressions_of(operation)
    ]
    if isinstance(block.end, Branch):
        expressions.append(block.end.condition)
    return sum(
        isinstance(item, Ask) and isinstance(item.question, Compare)
        for expr in expressions
        for item in subexpressions(expr)
    )


class Cells:
    """The cells of ``program``, numbered as in its flat state."""

    def __init__(self, program: Program, symbols: Symbols) -> None:
        self._program = program
        self.offsets = program.offsets()
        self._condition = frozenset({symbols.condition} - {-1})
        # what the end of a symbolic step may renumber
        self.settled = frozenset(symbols.cells) | self._condition

    def of(self, variable: int, index: tuple[Expr, ...]) -> range:
        """The cells that ``variable[index]`` may be."""
        declared, start = self._program.variables[variable], self.offsets[variable]
        cell = 0
        for item, size in zip(index, declared.dims, strict=True):
            if not isinstance(item, Const) or not 0 <= item.value < size:
                return range(start, start + declared.cells)
            cell = cell * size + item.value
        return range(start + cell, start + cell + 1)

    def read_by(self, parts: Iterable[Expr]) -> frozenset[int]:
        """The cells that decide the value of an expression with these parts, old or new alike."""
        found: set[int] = set()
        for item in parts:
            if isinstance(item, Read):
                found.update(self.of(item.variable, item.index))
            elif isinstance(item, Ask):
                found |= self._condition
        return frozenset(found)
