"""Rwsems that nobody ever takes for writing: who wants one for reading never waits."""

from __future__ import annotations

from attrs import define, field

from ksmcheck.analysis.footprint import all_operations, blocks
from ksmcheck.ir.expr import Binary, Const, Expr, Op, Read
from ksmcheck.ir.program import Program
from ksmcheck.ir.step import Assign
from ksmcheck.ir.types import LockKind, LockType


@define
class AlwaysFree:
    """Called with a condition: is it that such an rwsem of ``program`` has no writer?"""

    program: Program
    _stored: dict[int, list[Expr]] = field(init=False)

    def __attrs_post_init__(self) -> None:
        self._stored = {}
        steps = (step.block for actor in self.program.actors for step in actor.steps)
        for root in (self.program.setup, *steps):
            for block in blocks(root):
                for operation in all_operations(block.operations):
                    if isinstance(operation, Assign):
                        self._stored.setdefault(operation.variable, []).append(operation.value)

    def __call__(self, condition: Expr) -> bool:
        """True only when the condition holds in every state that can be reached."""
        match condition:
            case Binary(Op.LT, Read(variable), Const(bound)):
                declared = self.program.variables[variable]
                if not isinstance(declared.type, LockType):
                    return False
                readers = 1 << len(declared.type.actors)
                stored = (declared.initial, *self._stored.get(variable, ()))
                return (
                    declared.type.kind is LockKind.RWSEM
                    and bound == readers
                    and all(_no_writer(variable, value, readers) for value in stored)
                )
        return False


def _no_writer(variable: int, value: Expr | int, readers: int) -> bool:
    """Whether storing ``value`` over one without a writer leaves one without a writer."""
    match value:
        case int(number) | Const(number):
            return number < readers
        case Binary(Op.BITOR, Read(held), Const(bit)):
            return held == variable and 0 <= bit < readers
        case Binary(Op.SUB, Read(held), Const(bit)):
            return held == variable and bit >= 0
    return False
