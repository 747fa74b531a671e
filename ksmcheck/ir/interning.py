"""Makes equal expressions and operations one object.

Calls are inlined, so the same work occurs many times in a program. Where it is one object, whoever
goes over a program can remember by identity what has been seen, and a program takes less memory.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import assert_never

from attrs import field, frozen

from ksmcheck.ir.expr import Ask, Binary, BitCount, Const, Expr, Ite, Not, Read, Temp
from ksmcheck.ir.fold import binary, ite, negate
from ksmcheck.ir.step import Assign, Check, Observe, Operation, Require, SetTemp, When


@frozen
class Interner:
    """What has been built: a node is known by its kind, its numbers and the identity of its parts.

    The parts of what is interned must be interned before.
    """

    expressions: dict[tuple[object, ...], Expr] = field(factory=dict)
    operations: dict[tuple[object, ...], Operation] = field(factory=dict)

    def rewrite(self, expression: Expr, leaf: Callable[[Read | Temp], Expr]) -> Expr:
        """As ``fold.rewrite``, for a ``leaf`` that does not bring new parts in; interned."""
        match expression:
            case Const():
                return self.expression(expression)
            case Temp() | Read(index=()):
                return self.expression(leaf(expression))
            case Read(variable=variable, index=index, old=old):
                inner = tuple([self.rewrite(item, leaf) for item in index])
                return self.expression(leaf(Read(variable, inner, old)))
            case Binary(op=op, left=left, right=right):
                made = binary(op, self.rewrite(left, leaf), self.rewrite(right, leaf))
                return self.expression(made)
            case Not(operand=operand):
                return self.expression(negate(self.rewrite(operand, leaf)))
            case BitCount(operand=operand):
                return self.expression(BitCount(self.rewrite(operand, leaf)))
            case Ite(condition=condition, then=then, orelse=orelse):
                first = self.rewrite(condition, leaf)
                return self.expression(
                    ite(first, self.rewrite(then, leaf), self.rewrite(orelse, leaf))
                )
            case Ask(question=question, operands=operands):
                inner = tuple([self.rewrite(item, leaf) for item in operands])
                return self.expression(Ask(question, inner))
            case _:
                assert_never(expression)

    def expression(self, made: Expr) -> Expr:
        """The one expression that is equal to ``made``."""
        match made:
            case Const(value=value):
                key: tuple[object, ...] = (value,)
            case Binary(op=op, left=left, right=right):
                key = (id(op), id(left), id(right))
            case Read(variable=variable, index=index, old=old):
                key = (Read, variable, old, *map(id, index))
            case Temp(number=number):
                key = (Temp, number)
            case Not(operand=operand) | BitCount(operand=operand):
                key = (type(made), id(operand))
            case Ite(condition=condition, then=then, orelse=orelse):
                key = (Ite, id(condition), id(then), id(orelse))
            case Ask(question=question, operands=operands):
                key = (Ask, question, *map(id, operands))
            case _:
                assert_never(made)
        return self.expressions.setdefault(key, made)

    def operation(self, made: Operation) -> Operation:
        """The one operation that is equal to ``made``."""
        match made:
            case Assign(variable=variable, index=index, value=value):
                key: tuple[object, ...] = (Assign, variable, id(value), *map(id, index))
            case SetTemp(number=number, value=value):
                key = (SetTemp, number, id(value))
            case Check(condition=condition, fault=fault):
                key = (Check, fault, id(condition))
            case Require(condition=condition):
                key = (Require, id(condition))
            case Observe(flag=flag, condition=condition):
                key = (Observe, flag, id(condition))
            case When(condition=condition, then=then, orelse=orelse):
                key = (When, id(condition), *map(id, then), None, *map(id, orelse))
            case _:
                assert_never(made)
        return self.operations.setdefault(key, made)
