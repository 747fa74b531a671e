"""Replaces locals by their slots or by temporaries in a step, and drops needless forgetting."""

from __future__ import annotations

from collections.abc import Mapping
from typing import assert_never

from attrs import define, evolve, field

from ksmcheck.frontend.cfg import LOCAL_BASE
from ksmcheck.ir.expr import Const, Expr, Read, Temp
from ksmcheck.ir.fold import rewrite
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
class Substitution:
    """``slots`` maps locals to variables; ``alive`` are the slots that hold a value at the start.

    A slot that is neither alive nor assigned on a path is empty already, which is that its variable
    holds ``empty[variable]``; it is not emptied again.
    """

    slots: Mapping[int, int]
    alive: frozenset[int]
    empty: Mapping[int, int]
    temporaries: dict[int, int] = field(factory=dict)
    stored: frozenset[int] = field(init=False)

    def __attrs_post_init__(self) -> None:
        self.stored = frozenset(self.slots.values())

    def place(self, expression: Expr) -> Expr:
        """The expression with its locals replaced."""
        return rewrite(expression, self._leaf)

    def _leaf(self, leaf: Read | Temp) -> Expr:
        if isinstance(leaf, Temp) or leaf.variable < LOCAL_BASE:
            return leaf
        if leaf.variable in self.slots:
            return Read(self.slots[leaf.variable])
        return Temp(self._temporary(leaf.variable))

    def _temporary(self, local: int) -> int:
        return self.temporaries.setdefault(local, len(self.temporaries))

    def block(self, block: Block) -> Block:
        """The whole step with its locals replaced."""
        return self._block(block, self.alive)

    def _block(self, block: Block, dirty: frozenset[int]) -> Block:
        operations: list[Operation] = []
        for operation in block.operations:
            done = self._operation(operation)
            if self._needless(done, dirty):
                continue
            dirty |= self._assigned(done)
            operations.append(done)
        match block.end:
            case Goto():
                return Block(tuple(operations), block.end)
            case Branch(condition=condition, then=then, orelse=orelse):
                return Block(
                    tuple(operations),
                    Branch(
                        self.place(condition), self._block(then, dirty), self._block(orelse, dirty)
                    ),
                )
            case Choose(labels=labels, arms=arms):
                return Block(
                    tuple(operations),
                    Choose(labels, tuple(self._block(arm, dirty) for arm in arms)),
                )
            case _:
                assert_never(block.end)

    def _needless(self, operation: Operation, dirty: frozenset[int]) -> bool:
        return (
            isinstance(operation, Assign)
            and operation.variable in self.stored
            and operation.value == Const(self.empty[operation.variable])
            and operation.variable not in dirty
        )

    def _assigned(self, operation: Operation) -> frozenset[int]:
        match operation:
            case Assign(variable=variable):
                return frozenset({variable})
            case When(then=then, orelse=orelse):
                parts = [self._assigned(item) for item in (*then, *orelse)]
                return frozenset().union(*parts)
            case _:
                return frozenset()

    def _operation(self, operation: Operation) -> Operation:
        match operation:
            case Assign(variable=variable, index=index, value=value):
                result = self.place(value)
                if variable >= LOCAL_BASE:
                    if variable in self.slots:
                        return Assign(self.slots[variable], (), result)
                    return SetTemp(self._temporary(variable), result)
                return Assign(variable, tuple(map(self.place, index)), result)
            case SetTemp():
                return evolve(operation, value=self.place(operation.value))
            case Check() | Require() | Observe():
                return evolve(operation, condition=self.place(operation.condition))
            case When(condition=condition, then=then, orelse=orelse):
                return When(
                    self.place(condition),
                    tuple(map(self._operation, then)),
                    tuple(map(self._operation, orelse)),
                )
            case _:
                assert_never(operation)
