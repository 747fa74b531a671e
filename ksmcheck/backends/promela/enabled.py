"""When a block has an outcome at all, as a condition on the state in which it begins.

A step that is written as an ``atomic`` sequence must not block in the middle: everything that can
stop it is asked at its beginning.
"""

from __future__ import annotations

from typing import assert_never

from ksmcheck.backends.promela.paths import Effects
from ksmcheck.ir.expr import TRUE, Expr, Op
from ksmcheck.ir.fold import binary, blocks, disjunction, ite, negate, operations_in
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


def enabled(block: Block) -> Expr:
    """True where ``block`` begins and some path through it ends, in a state or in a fault."""
    return _enabled(block, Effects())


def _can_block(block: Block) -> bool:
    return any(
        isinstance(operation, Require)
        for item in blocks(block)
        for operation in operations_in(item.operations)
    ) or any(isinstance(item.end, Choose) and not item.end.arms for item in blocks(block))


def _enabled(block: Block, effects: Effects) -> Expr:
    if not _can_block(block):
        return TRUE
    effects = effects.copy()
    conditions = [c for item in block.operations for c in _operation(item, effects, TRUE)]
    match block.end:
        case Goto():
            rest: Expr = TRUE
        case Branch(condition, then, orelse):
            now = effects.before(condition)
            rest = ite(now, _enabled(then, effects), _enabled(orelse, effects))
        case Choose(_, arms):
            rest = disjunction([_enabled(arm, effects) for arm in arms])
        case _:
            assert_never(block.end)
    # A fault ends the path before whatever comes after it can block.
    for condition, faults in reversed(conditions):
        rest = binary(Op.OR if faults else Op.AND, condition, rest)
    return rest


def _operation(operation: Operation, effects: Effects, where: Expr) -> list[tuple[Expr, bool]]:
    """What one operation that happens if ``where`` asks.

    Gives (condition, True) where it faults, (condition, False) for what must hold to go on.
    """
    match operation:
        case Assign(variable, index, value):
            place = tuple(effects.before(item) for item in index)
            effects.store(variable, place, effects.before(value))
            return []
        case SetTemp(number, value):
            effects.temps[number] = effects.before(value)
            return []
        case Check(condition):
            return [(binary(Op.AND, where, negate(effects.before(condition))), True)]
        case Require(condition):
            return [(binary(Op.OR, negate(where), effects.before(condition)), False)]
        case Observe():
            return []
        case When(condition, then, orelse):
            now = effects.before(condition)
            one, other = effects.copy(), effects.copy()
            found: list[tuple[Expr, bool]] = []
            for arm, side, test in ((then, one, now), (orelse, other, negate(now))):
                for item in arm:
                    found += _operation(item, side, binary(Op.AND, where, test))
            effects.merge(now, one, other)
            return found
        case _:
            assert_never(operation)
