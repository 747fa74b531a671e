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


Key = tuple[object, ...]


def patterns_of(program: Program) -> Patterns:
    """For each actor the pattern of the step at each location."""
    shapes: dict[Key, Shape] = {}
    return tuple(
        tuple(_pattern(step.block, shapes) for step in actor.steps) for actor in program.actors
    )


def _pattern(block: Block, shapes: dict[Key, Shape]) -> Pattern:
    reader = _Reader()
    key = reader.key(block)
    shape = shapes.get(key)
    if shape is None:
        plain = _Plain().block(block)
        shape = Shape(plain, block_reads(plain), block_writes(plain), temps(plain))
        shapes[key] = shape
    return Pattern(shape, tuple(reader.targets), tuple(reader.faults))


@define
class _Reader:
    """Finds the targets and the faults of one block, and a key that says all the rest of it.

    Equal expressions of a program are one object, so a key has their identities.
    """

    targets: list[int] = field(factory=list)
    faults: list[int] = field(factory=list)

    def key(self, block: Block) -> Key:
        operations = self._operations(block.operations)
        match block.end:
            case Goto(target):
                self.targets.append(target)
                return operations
            case Branch(condition, then, orelse):
                return (*operations, id(condition), self.key(then), self.key(orelse))
            case Choose(_, arms):
                return (*operations, Choose, *map(self.key, arms))
            case _:
                assert_never(block.end)

    def _operations(self, operations: tuple[Operation, ...]) -> Key:
        return tuple([self._operation(item) for item in operations])

    def _operation(self, operation: Operation) -> object:
        match operation:
            case Check(condition, fault):
                self.faults.append(fault)
                return (id(condition),)
            case When(condition, then, orelse):
                return (id(condition), self._operations(then), self._operations(orelse))
            case Assign() | SetTemp() | Require() | Observe():
                return (None, id(operation))
            case _:
                assert_never(operation)


@define
class _Plain:
    """Numbers the targets and the faults of one block in the order of the reader."""

    targets: int = 0
    faults: int = 0

    def block(self, block: Block) -> Block:
        operations = self._operations(block.operations)
        match block.end:
            case Goto():
                self.targets += 1
                return Block(operations, Goto(self.targets - 1))
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
            case Check(condition):
                self.faults += 1
                return Check(condition, self.faults - 1)
            case When(condition, then, orelse):
                return When(condition, self._operations(then), self._operations(orelse))
            case Assign() | SetTemp() | Require() | Observe():
                return operation
            case _:
                assert_never(operation)
