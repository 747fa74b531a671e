"""Which shared cells nobody reads again before they are stored to, seen from where actors stand.

NOTE(dead-cells). A backward analysis of each actor by itself: a cell is *live* at a location when
some way from there reads it before the actor has certainly stored to it. What is live for no actor
where it stands, and looked at by no property, decides nothing any more: whoever reads it later has
stored to it before. Such a cell is *dead*, and states that differ in dead cells only are one:
docs/soundness.md, "Dead cells".
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from typing import assert_never

from attrs import define, field, frozen

from ksmcheck.analysis.footprint import Footprint, cells
from ksmcheck.analysis.sharing import sharing_of
from ksmcheck.ir.expr import Const, Expr
from ksmcheck.ir.fold import written
from ksmcheck.ir.program import Actor, Program, Same, VariableKind
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
from ksmcheck.ir.types import ConditionType, RefType, SymbolType, ValueType, WordType, forgotten

State = tuple[int, ...]


@frozen
class Dead:
    """``live[a][l]`` are the cells that matter to actor a at location l, as bits.

    ``kept`` are never dead. A dead cell c holds ``blank[c]``; ``locations`` are the actors' cells.
    """

    kept: int
    live: tuple[tuple[int, ...], ...]
    blank: tuple[int, ...]
    locations: tuple[int, ...]

    @property
    def count(self) -> int:
        """How many cells are dead in some state."""
        some = ~self.kept & (1 << len(self.blank)) - 1
        for actor in self.live:
            always = some
            for live in actor:
                always &= live
            some &= ~always
        return some.bit_count()

    def __call__(self, state: State) -> State:
        """``state`` with its dead cells blank."""
        keep = self.kept
        for actor, cell in zip(self.live, self.locations, strict=True):
            keep |= actor[state[cell]]
        return tuple(
            value if keep >> cell & 1 else self.blank[cell] for cell, value in enumerate(state)
        )


def dead_cells(program: Program) -> Dead:
    """What is dead where."""
    return _dead_cells(Same(program))


@lru_cache(maxsize=4)
def _dead_cells(same: Same) -> Dead:
    program, footprint = same.program, Footprint(same.program)
    offsets, private = program.offsets(), sharing_of(program).private
    kept = 0
    for item in program.properties:
        for predicate in (*(i.predicate for i in item.instances), item.witness):
            if predicate is not None:
                kept |= mask_of(footprint.reads(predicate))
    stored = frozenset[int]().union(
        *(written(step.block) for actor in program.actors for step in actor.steps)
    )
    blank: list[int] = []
    for number, variable in enumerate(program.variables):
        value = _blank(variable.type)
        # What is an actor's own tells its local states apart, on which partial order reduction
        # builds.
        own = number in private or variable.kind in (VariableKind.LOCAL, VariableKind.LOCATION)
        if own or value is None or number not in stored:
            kept |= mask_of(range(offsets[number], offsets[number] + variable.cells))
        blank += [0 if value is None else value] * variable.cells
    return Dead(
        kept,
        tuple(_Liveness(program, actor).run() for actor in program.actors),
        tuple(blank),
        tuple(offsets[actor.location] for actor in program.actors),
    )


def mask_of(places: Iterable[int]) -> int:
    """Cells as bits."""
    return sum(1 << cell for cell in places)


def _blank(kind: ValueType) -> int | None:
    """A value that no renaming changes; None when there is none, or none that is known."""
    if isinstance(kind, SymbolType | ConditionType) or (
        isinstance(kind, RefType) and not kind.nullable
    ):
        return None
    value = forgotten(kind)
    if isinstance(kind, WordType) and not value and kind.variants[0].fields:
        return None
    return max(value, kind.lo)


@define
class _Liveness:
    """The live cells before each step of one actor, until nothing changes."""

    program: Program
    actor: Actor
    live: list[int] = field(init=False)
    _offsets: tuple[int, ...] = field(init=False)
    _footprint: Footprint = field(init=False)
    _known: dict[int, int] = field(factory=dict)

    def __attrs_post_init__(self) -> None:
        self.live = [0] * (self.actor.done + 1)
        self._offsets = self.program.offsets()
        self._footprint = Footprint(self.program)

    def run(self) -> tuple[int, ...]:
        """One mask for each location, the last one for the actor that is done."""
        before: list[int] = []
        while before != self.live:
            before = list(self.live)
            for step in reversed(self.actor.steps):
                self.live[step.location] = self._block(step.block)
        return tuple(self.live)

    def _block(self, block: Block) -> int:
        match block.end:
            case Goto(location):
                after = self.live[location]
            case Branch(condition, then, orelse):
                after = self._reads(condition) | self._block(then) | self._block(orelse)
            case Choose(_, arms):
                after = 0
                for arm in arms:
                    after |= self._block(arm)
            case _:
                assert_never(block.end)
        return self._operations(block.operations, after)

    def _operations(self, operations: tuple[Operation, ...], after: int) -> int:
        for operation in reversed(operations):
            match operation:
                case Assign(variable, index, value):
                    after = self._assign(variable, index, value, after)
                case SetTemp(_, value):
                    after |= self._reads(value)
                case Check(condition) | Require(condition) | Observe(_, condition):
                    after |= self._reads(condition)
                case When(condition, then, orelse):
                    sides = self._operations(then, after) | self._operations(orelse, after)
                    after = self._reads(condition) | sides
                case _:
                    assert_never(operation)
        return after

    def _assign(self, variable: int, index: tuple[Expr, ...], value: Expr, after: int) -> int:
        if all(isinstance(item, Const) for item in index):
            after &= ~mask_of(cells(self.program, self._offsets, variable, index))
        for item in (*index, value):
            after |= self._reads(item)
        return after

    def _reads(self, expr: Expr) -> int:
        # Expressions live as long as the program, so their identity is theirs alone.
        known = self._known.get(id(expr))
        if known is None:
            known = self._known[id(expr)] = mask_of(self._footprint.reads(expr))
        return known
