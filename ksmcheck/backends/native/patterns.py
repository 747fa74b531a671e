"""The pattern of a step: its block without the numbers that tell equal call sites apart.

Two steps with one pattern have the same C when the same is known at both: NOTE(shared-steps) in
steps.py. Blocks compare by value, so a pattern is also how such steps are found.
"""

from __future__ import annotations

from typing import assert_never

from attrs import define, field

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


@define
class Pattern:
    """A block whose targets and faults are their places in ``targets`` and ``faults``."""

    block: Block
    targets: list[int] = field(factory=list)
    faults: list[int] = field(factory=list)

    @classmethod
    def of(cls, block: Block) -> Pattern:
        """The pattern of ``block``: every target and every fault gets a place of its own."""
        result = cls(block)
        result.block = result._block(block)
        return result

    def _block(self, block: Block) -> Block:
        operations = self._operations(block.operations)
        match block.end:
            case Goto(target):
                self.targets.append(target)
                return Block(operations, Goto(len(self.targets) - 1))
            case Branch(condition, then, orelse):
                return Block(operations, Branch(condition, self._block(then), self._block(orelse)))
            case Choose(_, arms):
                return Block(operations, Choose((), tuple(self._block(arm) for arm in arms)))
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
