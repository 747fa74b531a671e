"""The pattern of a step: what is left of it without the numbers that tell equal call sites apart.

Steps with one shape have the same C when the same is known at both: NOTE(shared-steps) in steps.py.
"""

from __future__ import annotations

from typing import assert_never

from attrs import define, field, frozen

from ksmcheck.backends.native.cells import block_reads, block_writes, temps
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


@frozen(eq=False)
class Shape:
    """A block whose targets and faults are numbered as they appear. There is one of each kind."""

    block: Block
    reads: frozenset[int]
    writes: frozenset[int]
    temps: frozenset[int]


@frozen
class Pattern:
    """A step: its shape, and the targets and faults that the numbers in the shape stand for."""

    shape: Shape
    targets: tuple[int, ...]
    faults: tuple[int, ...]


Patterns = tuple[tuple[Pattern, ...], ...]


def patterns_of(program: Program) -> Patterns:
    """For each actor the pattern of the step at each location."""
    shapes: dict[Block, Shape] = {}
    return tuple(
        tuple(_pattern(step.block, shapes) for step in actor.steps) for actor in program.actors
    )


def _pattern(block: Block, shapes: dict[Block, Shape]) -> Pattern:
    reader = _Reader()
    plain = reader.block(block)
    shape = shapes.get(plain)
    if shape is None:
        shape = Shape(plain, block_reads(plain), block_writes(plain), temps(plain))
        shapes[plain] = shape
    return Pattern(shape, tuple(reader.targets), tuple(reader.faults))


@define
class _Reader:
    """Numbers the targets and the faults of one block."""

    targets: list[int] = field(factory=list)
    faults: list[int] = field(factory=list)

    def block(self, block: Block) -> Block:
        operations = self._operations(block.operations)
        match block.end:
            case Goto(target):
                self.targets.append(target)
                return Block(operations, Goto(len(self.targets) - 1))
            case Branch(condition, then, orelse):
                return Block(operations, Branch(condition, self.block(then), self.block(orelse)))
            case Choose(_, arms):
                return Block(operations, Choose((), tuple(self.block(arm) for arm in arms)))
            case _:
                assert_never(block.end)

    def _operations(self, operations: tuple[Operation, ...]) -> tuple[Operation, ...]:
        return tuple(self._operation(item) for item in operations)

    def _operation(self, operation: Operation) -> Operation:
        match operation:
            case Check(condition, fault):
                self.faults.append(fault)
                return Check(condition, len(self.faults) - 1)
            case When(condition, then, orelse):
                return When(condition, self._operations(then), self._operations(orelse))
            case Assign() | SetTemp() | Require() | Observe():
                return operation
            case _:
                assert_never(operation)
