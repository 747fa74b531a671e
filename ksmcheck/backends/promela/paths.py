"""A step as a list of guarded paths: what must be true before it, and what it then does.

In Promela the choice between the outcomes of a step has to be made at its beginning, because the
rest of a ``d_step`` may not block. So the conditions met on the way are rewritten backwards, into
conditions on the state before the step.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import assert_never

from attrs import define, field, frozen

from ksmcheck.ir.expr import FALSE, TRUE, Expr, Op, Read, Temp
from ksmcheck.ir.fold import binary, conjunction, ite, negate, rewrite
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

Store = tuple[tuple[Expr, ...], Expr]


@frozen
class GuardedPath:
    """One outcome: when ``guard`` holds, run ``operations``; ``target`` None means ``fault``.

    ``after`` gives the values that variables have at the end, in terms of the state before.
    """

    guard: Expr
    operations: tuple[Operation, ...]
    target: int | None
    fault: int | None
    choices: tuple[str, ...]
    after: Effects


@define
class Effects:
    """What has been assigned so far, as expressions over the state before the step."""

    temps: dict[int, Expr] = field(factory=dict)
    stores: dict[int, tuple[Store, ...]] = field(factory=dict)

    def copy(self) -> Effects:
        """For a branch."""
        return Effects(dict(self.temps), dict(self.stores))

    def before(self, expr: Expr) -> Expr:
        """``expr``, evaluated now, in terms of the state before the step."""
        return rewrite(expr, self._leaf)

    def _leaf(self, leaf: Read | Temp) -> Expr:
        if isinstance(leaf, Temp):
            return self.temps.get(leaf.number, FALSE)
        if leaf.old:
            return Read(leaf.variable, leaf.index)
        value: Expr = leaf
        for index, stored in self.stores.get(leaf.variable, ()):
            same = conjunction(
                [binary(Op.EQ, a, b) for a, b in zip(leaf.index, index, strict=True)]
            )
            value = ite(_settled(leaf.index, index, same), stored, value)
        return value

    def store(self, variable: int, index: tuple[Expr, ...], value: Expr) -> None:
        """Note an assignment; index and value are in terms of the state before."""
        kept = [item for item in self.stores.get(variable, ()) if item[0] != index]
        self.stores[variable] = (*kept, (index, value))

    def merge(self, condition: Expr, then: Effects, orelse: Effects) -> None:
        """Go on after a When: ``then`` happened if ``condition``, else ``orelse``."""
        for number in then.temps.keys() | orelse.temps.keys():
            yes = then.temps.get(number, FALSE)
            self.temps[number] = ite(condition, yes, orelse.temps.get(number, FALSE))
        places = {
            (variable, index): None
            for side in (then, orelse)
            for variable, stores in side.stores.items()
            for index, _ in stores
        }
        merged: list[tuple[int, tuple[Expr, ...], Expr]] = []
        for variable, index in places:
            # ``index`` is about the state before already, so only the leaf is looked up.
            leaf = Read(variable, index)
            merged.append((variable, index, ite(condition, then._leaf(leaf), orelse._leaf(leaf))))
        for variable, index, value in merged:
            self.store(variable, index, value)


def _settled(one: tuple[Expr, ...], other: tuple[Expr, ...], same: Expr) -> Expr:
    return TRUE if one == other else same


def guarded_paths(block: Block) -> list[GuardedPath]:
    """The outcomes of ``block``, in order, those that can never be left out."""
    return [path for path in _Walk().block(block, [], [], Effects(), ()) if path.guard != FALSE]


class _Walk:
    """Walks a block. ``guards`` and ``operations`` are those of the path so far."""

    def block(
        self,
        block: Block,
        guards: list[Expr],
        operations: list[Operation],
        effects: Effects,
        choices: tuple[str, ...],
    ) -> Iterator[GuardedPath]:
        guards, operations, effects = list(guards), list(operations), effects.copy()
        for operation in block.operations:
            faults = self._operation(operation, effects, TRUE)
            for condition, fault in faults:
                ok = condition if fault is None else negate(condition)
                if fault is not None and ok != TRUE:
                    guard = conjunction([*guards, condition])
                    yield GuardedPath(guard, (), None, fault, choices, effects.copy())
                if ok != TRUE:
                    guards.append(ok)
            operations.append(operation)
        match block.end:
            case Goto(target):
                yield GuardedPath(
                    conjunction(guards), tuple(operations), target, None, choices, effects
                )
            case Branch(condition, then, orelse):
                now = effects.before(condition)
                for test, arm in ((now, then), (negate(now), orelse)):
                    if test != FALSE:
                        inner = guards if test == TRUE else [*guards, test]
                        yield from self.block(arm, inner, operations, effects, choices)
            case Choose(labels, arms):
                for label, arm in zip(labels, arms, strict=True):
                    yield from self.block(arm, guards, operations, effects, (*choices, label))
            case _:
                assert_never(block.end)

    def _operation(
        self, operation: Operation, effects: Effects, where: Expr
    ) -> list[tuple[Expr, int | None]]:
        """Run one operation that happens if ``where``.

        Gives (condition, fault) for each way to fault, and (condition, None) for what must hold.
        """
        match operation:
            case Assign(variable, index, value):
                place = tuple(effects.before(item) for item in index)
                effects.store(variable, place, effects.before(value))
                return []
            case SetTemp(number, value):
                effects.temps[number] = effects.before(value)
                return []
            case Check(condition, fault):
                wrong = negate(effects.before(condition))
                return [(binary(Op.AND, where, wrong), fault)]
            case Require(condition):
                return [(binary(Op.OR, negate(where), effects.before(condition)), None)]
            case Observe():
                return []
            case When(condition, then, orelse):
                return self._when(condition, then, orelse, effects, where)
            case _:
                assert_never(operation)

    def _when(
        self,
        condition: Expr,
        then: tuple[Operation, ...],
        orelse: tuple[Operation, ...],
        effects: Effects,
        where: Expr,
    ) -> list[tuple[Expr, int | None]]:
        now = effects.before(condition)
        one, other = effects.copy(), effects.copy()
        found: list[tuple[Expr, int | None]] = []
        for arm, side, test in ((then, one, now), (orelse, other, negate(now))):
            for operation in arm:
                found += self._operation(operation, side, binary(Op.AND, where, test))
        effects.merge(now, one, other)
        return found
