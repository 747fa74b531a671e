"""Builds expressions and folds what is constant; walks and rewrites expressions and steps."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import assert_never

from attrs import evolve

from ksmcheck.ir.expr import (
    FALSE,
    TRUE,
    Ask,
    Binary,
    BitCount,
    Const,
    Expr,
    Ite,
    Not,
    Op,
    Read,
    Temp,
)
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


def apply(op: Op, left: int, right: int) -> int:
    """What ``op`` makes of two numbers: the one definition of the operators."""
    match op:
        case Op.ADD:
            return left + right
        case Op.SUB:
            return left - right
        case Op.MUL:
            return left * right
        case Op.DIV:
            return left // right
        case Op.MOD:
            return left % right
        case Op.EQ:
            return int(left == right)
        case Op.NE:
            return int(left != right)
        case Op.LT:
            return int(left < right)
        case Op.LE:
            return int(left <= right)
        case Op.GT:
            return int(left > right)
        case Op.GE:
            return int(left >= right)
        case Op.AND:
            return int(bool(left) and bool(right))
        case Op.OR:
            return int(bool(left) or bool(right))
        case Op.BITAND:
            return left & right
        case Op.BITOR:
            return left | right
        case Op.SHL:
            return left << right
        case Op.SHR:
            return left >> right
        case _:
            assert_never(op)


def binary(op: Op, left: Expr, right: Expr) -> Expr:
    """``left op right``, folded when that loses nothing."""
    if not isinstance(left, Const) and not isinstance(right, Const):
        return Binary(op, left, right)
    if isinstance(left, Const) and isinstance(right, Const):
        undefined = right.value == 0 if op in (Op.DIV, Op.MOD) else right.value < 0
        if undefined and op in (Op.DIV, Op.MOD, Op.SHL, Op.SHR):
            return Binary(op, left, right)  # a check before it sees to it that nobody gets there
        return Const(apply(op, left.value, right.value))
    if isinstance(right, Const):
        return _with_constant(op, left, right)
    assert isinstance(left, Const)
    match op:
        case Op.ADD | Op.BITOR if left.value == 0:
            return right
        case Op.AND:
            return right if left.value else FALSE
        case Op.OR:
            return TRUE if left.value else right
        case _:
            return Binary(op, left, right)


def _with_constant(op: Op, left: Expr, right: Const) -> Expr:
    """``left op right`` where only ``right`` is a number."""
    value = right.value
    match op:
        case Op.ADD | Op.SUB | Op.BITOR | Op.SHL | Op.SHR | Op.OR if value == 0:
            return left
        case Op.MUL | Op.DIV if value == 1:
            return left
        case Op.MOD if value == 1:
            return Const(0)
        case Op.AND if value:
            return left
        case _:
            return Binary(op, left, right)


def bit_count(operand: Expr) -> Expr:
    """How many bits are set."""
    if isinstance(operand, Const):
        return Const(operand.value.bit_count())
    return BitCount(operand)


def negate(operand: Expr) -> Expr:
    """``not operand``."""
    match operand:
        case Const(value=value):
            return Const(int(not value))
        case Not(operand=inner) if is_truth(inner):
            return inner
        case Binary(op=Op.EQ, left=left, right=right):
            return Binary(Op.NE, left, right)
        case Binary(op=Op.NE, left=left, right=right):
            return Binary(Op.EQ, left, right)
    return Not(operand)


def is_truth(expression: Expr) -> bool:
    """True when the expression is surely 0 or 1."""
    match expression:
        case Not():
            return True
        case Const(value=value):
            return value in (0, 1)
        case Binary(op=op):
            return op in (Op.EQ, Op.NE, Op.LT, Op.LE, Op.GT, Op.GE, Op.AND, Op.OR)
        case _:
            return False


def ite(condition: Expr, then: Expr, orelse: Expr) -> Expr:
    """``then if condition else orelse``."""
    if isinstance(condition, Const):
        return then if condition.value else orelse
    if then == orelse:
        return then
    if (then, orelse) == (TRUE, FALSE) and is_truth(condition):
        return condition
    return Ite(condition, then, orelse)


def balanced(op: Op, parts: list[Expr], empty: Expr) -> Expr:
    """``parts`` joined by an associative operator, as a tree of logarithmic depth."""
    if len(parts) <= 1:
        return parts[0] if parts else empty
    middle = len(parts) // 2
    left, right = parts[:middle], parts[middle:]
    return binary(op, balanced(op, left, empty), balanced(op, right, empty))


def conjunction(parts: list[Expr]) -> Expr:
    """All of ``parts``, tried in order; true when there are none."""
    return balanced(Op.AND, parts, TRUE)


def disjunction(parts: list[Expr]) -> Expr:
    """Some of ``parts``, tried in order; false when there are none."""
    return balanced(Op.OR, parts, FALSE)


def children(expression: Expr) -> tuple[Expr, ...]:
    """The direct sub-expressions."""
    match expression:
        case Const() | Temp():
            return ()
        case Read(index=index):
            return index
        case Not(operand=operand) | BitCount(operand=operand):
            return (operand,)
        case Binary(left=left, right=right):
            return (left, right)
        case Ite(condition=condition, then=then, orelse=orelse):
            return (condition, then, orelse)
        case Ask(operands=operands):
            return operands
        case _:
            assert_never(expression)


def reads(expression: Expr) -> Iterator[Read]:
    """Every Read inside, the ones in indices included."""
    if isinstance(expression, Read):
        yield expression
    for child in children(expression):
        yield from reads(child)


def rewrite(expression: Expr, leaf: Callable[[Read | Temp], Expr]) -> Expr:
    """A copy with every Read and Temp replaced by ``leaf``; indices are rewritten first."""
    match expression:
        case Const():
            return expression
        case Temp():
            return leaf(expression)
        case Read(index=()):
            return leaf(expression)
        case Read(index=index):
            now = tuple(rewrite(item, leaf) for item in index)
            same = all(one is other for one, other in zip(now, index, strict=True))
            return leaf(expression if same else evolve(expression, index=now))
        case Binary(op=op, left=left, right=right):
            first, second = rewrite(left, leaf), rewrite(right, leaf)
            if first is left and second is right:
                return expression
            return binary(op, first, second)
        case Not(operand=operand):
            return negate(rewrite(operand, leaf))
        case BitCount(operand=operand):
            return bit_count(rewrite(operand, leaf))
        case Ite(condition=condition, then=then, orelse=orelse):
            return ite(rewrite(condition, leaf), rewrite(then, leaf), rewrite(orelse, leaf))
        case Ask(operands=operands):
            return evolve(expression, operands=tuple(rewrite(item, leaf) for item in operands))
        case _:
            assert_never(expression)


def over_state_before(expression: Expr) -> Expr:
    """The same over the state before a step, the references on the way included."""
    return rewrite(expression, partial(_reading, old=True))


def over_one_state(expression: Expr) -> Expr:
    """The same over a step that changes nothing."""
    return rewrite(expression, partial(_reading, old=False))


def _reading(leaf: Read | Temp, *, old: bool) -> Expr:
    return evolve(leaf, old=old) if isinstance(leaf, Read) else leaf


def operation_expressions(operation: Operation) -> tuple[Expr, ...]:
    """The expressions that an operation itself evaluates, those of nested operations included."""
    match operation:
        case Assign(index=index, value=value):
            return (*index, value)
        case SetTemp(value=value):
            return (value,)
        case Check(condition=condition) | Require(condition=condition):
            return (condition,)
        case Observe(condition=condition):
            return (condition,)
        case When(condition=condition, then=then, orelse=orelse):
            inner = [e for item in (*then, *orelse) for e in operation_expressions(item)]
            return (condition, *inner)
        case _:
            assert_never(operation)


def operations_in(operations: tuple[Operation, ...]) -> Iterator[Operation]:
    """The operations and those nested in When."""
    for operation in operations:
        yield operation
        if isinstance(operation, When):
            yield from operations_in(operation.then)
            yield from operations_in(operation.orelse)


def blocks(block: Block) -> Iterator[Block]:
    """The block and all blocks below it."""
    yield block
    match block.end:
        case Goto():
            pass
        case Branch(then=then, orelse=orelse):
            yield from blocks(then)
            yield from blocks(orelse)
        case Choose(arms=arms):
            for arm in arms:
                yield from blocks(arm)
        case _:
            assert_never(block.end)


def targets(block: Block) -> tuple[int, ...]:
    """The locations that a step can go to, ascending."""
    found = {inner.end.location for inner in blocks(block) if isinstance(inner.end, Goto)}
    return tuple(sorted(found))


def written(block: Block) -> frozenset[int]:
    """The variables that a step may store to."""
    return frozenset(
        operation.variable
        for inner in blocks(block)
        for operation in operations_in(inner.operations)
        if isinstance(operation, Assign)
    )
