"""Replaces locals by their slots or by temporaries in a step, and drops needless forgetting."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import assert_never

from attrs import define, field

from ksmcheck.frontend.cfg import LOCAL_BASE
from ksmcheck.ir.expr import Const, Expr, Read, Temp
from ksmcheck.ir.interning import Interner
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


def _none(_: int) -> frozenset[int]:
    return frozenset()


@define
class Substitution:
    """``slots`` maps locals to variables; ``alive`` are the slots that hold a value at the start.

    ``needed`` says which slots hold a value where a step goes to: all others are emptied there,
    which is that the variable holds ``empty[variable]``. A slot that is neither alive nor assigned
    on a path is empty already; it is not emptied again.
    """

    interner: Interner
    slots: Mapping[int, int] = field(factory=dict)
    alive: frozenset[int] = frozenset()
    needed: Callable[[int], frozenset[int]] = _none
    empty: Mapping[int, int] = field(factory=dict)
    temporaries: dict[int, int] = field(factory=dict)

    def place(self, expression: Expr) -> Expr:
        """The expression with its locals replaced."""
        return self.interner.rewrite(expression, self._leaf)

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
            assigned = self._assigned(done)
            if assigned - dirty:
                if self._needless(done):
                    continue
                dirty |= assigned
            operations.append(done)
        match block.end:
            case Goto(location=location):
                for variable in sorted(dirty - self.needed(location)):
                    emptied = Assign(variable, (), self._constant(self.empty[variable]))
                    operations.append(self.interner.operation(emptied))
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

    def _constant(self, value: int) -> Expr:
        return self.interner.expression(Const(value))

    def _needless(self, operation: Operation) -> bool:
        """Whether all it does is to empty a slot."""
        return isinstance(operation, Assign) and operation.value == Const(
            self.empty[operation.variable]
        )

    def _assigned(self, operation: Operation) -> frozenset[int]:
        """The slots that an operation may store to."""
        match operation:
            case Assign(variable=variable):
                return frozenset({variable} if variable in self.empty else ())
            case When(then=then, orelse=orelse):
                parts = [self._assigned(item) for item in (*then, *orelse)]
                return frozenset().union(*parts)
            case _:
                return frozenset()

    def _operation(self, operation: Operation) -> Operation:
        return self.interner.operation(self._replaced(operation))

    def _replaced(self, operation: Operation) -> Operation:
        match operation:
            case Assign(variable=variable, index=index, value=value):
                result = self.place(value)
                if variable >= LOCAL_BASE:
                    if variable in self.slots:
                        return Assign(self.slots[variable], (), result)
                    return SetTemp(self._temporary(variable), result)
                return Assign(variable, tuple(map(self.place, index)), result)
            case SetTemp(number=number, value=value):
                return SetTemp(number, self.place(value))
            case Check(condition=condition, fault=fault):
                return Check(self.place(condition), fault)
            case Require(condition=condition):
                return Require(self.place(condition))
            case Observe(flag=flag, condition=condition):
                return Observe(flag, self.place(condition))
            case When(condition=condition, then=then, orelse=orelse):
                return When(
                    self.place(condition),
                    tuple(map(self._operation, then)),
                    tuple(map(self._operation, orelse)),
                )
            case _:
                assert_never(operation)
