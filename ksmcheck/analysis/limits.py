"""The lowest and the highest value that each cell ever holds: a fixpoint over all that is stored.

It begins with what setup leaves, which is run with ranges for values. After that order plays no
part: whatever some way of a step may store where setup or a way has stored may be there. A value
that has no name outside its step may be any of the type.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from itertools import chain
from typing import assert_never

from attrs import define, field

from ksmcheck.analysis.accesses import Summary
from ksmcheck.analysis.certain import Certain, declared
from ksmcheck.analysis.making_nodes import Nodes
from ksmcheck.analysis.nodes import Range, hull
from ksmcheck.ir.expr import Const, Expr, Temp
from ksmcheck.ir.fold import rewrite
from ksmcheck.ir.program import Program, Same, VariableKind
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
from ksmcheck.ir.types import ConditionType, LockType, SymbolType

# So often a cell may be found to hold more, before it is taken to hold anything of its type.
PATIENCE = 4

Store = tuple[int, tuple[Expr, ...], Expr]


def limits(nodes: Nodes, steps: tuple[tuple[Summary, ...], ...]) -> tuple[Range, ...]:
    """For each cell of the flat state the range of its values in runs of ``steps``."""
    search = _Limits(nodes.program)
    stores = list(dict.fromkeys(_stores(steps)))
    changed = True
    while changed:
        changed = False
        certain = Certain(nodes, tuple(search.found))
        for variable, index, value in stores:
            changed |= search.store(certain, variable, index, value)
    return tuple(search.found)


def _stores(steps: tuple[tuple[Summary, ...], ...]) -> Iterator[Store]:
    for way in dict.fromkeys(way for actor in steps for step in actor for way in step.exits):
        yield from ((place.variable, place.index, value) for place, value in way.stores)
        yield from ((variable, (), value) for variable, value in way.values)


@define
class _Limits:
    """``found`` so far; ``tries[c]`` is how often it can still grow for cell c."""

    program: Program
    found: list[Range] = field(init=False)
    tries: list[int] = field(init=False)

    def __attrs_post_init__(self) -> None:
        self.found = list(_after_setup(Same(self.program)))
        offset = 0
        for variable in self.program.variables:
            kind, free = variable.type, variable.kind is VariableKind.LOCATION
            # What is stored to these, or by whom, is not in summaries.
            if free or isinstance(kind, LockType | SymbolType | ConditionType):
                self.found[offset : offset + variable.cells] = [(kind.lo, kind.hi)] * variable.cells
            offset += variable.cells
        self.tries = [PATIENCE] * len(self.found)

    def store(self, certain: Certain, variable: int, index: tuple[Expr, ...], value: Expr) -> bool:
        """``value`` is stored; does a cell hold more than before?"""
        kind, changed = self.program.variables[variable].type, False
        lo, hi = certain.range(value, certain.nothing)
        lo, hi = max(lo, kind.lo), min(hi, kind.hi)
        for cell in certain.places(variable, index):
            least, most = self.found[cell]
            if lo <= hi and (lo < least or hi > most):
                self.tries[cell] -= 1
                wider = (min(lo, least), max(hi, most))
                self.found[cell] = wider if self.tries[cell] > 0 else (kind.lo, kind.hi)
                changed = True
        return changed


Ranges = dict[int, Range]


@lru_cache(maxsize=4)
def _after_setup(same: Same) -> tuple[Range, ...]:
    """What setup leaves, which is the same for all that is entered."""
    return tuple(_Setup(same.program).ranges())


@define
class _Setup:
    """Runs setup with ranges; both sides of what they leave open."""

    program: Program
    certain: Certain = field(init=False)
    ends: list[Ranges] = field(factory=list)

    def __attrs_post_init__(self) -> None:
        self.certain = Certain(Nodes(self.program), declared(self.program))

    def ranges(self) -> list[Range]:
        """The range of each cell after setup, on any way that it may go."""
        first = chain.from_iterable([v.initial] * v.cells for v in self.program.variables)
        self._block(self.program.setup, {cell: (v, v) for cell, v in enumerate(first)}, {})
        limits = self.certain.limits
        return [
            hull([end[cell] for end in self.ends]) if self.ends else limits[cell]
            for cell in range(len(limits))
        ]

    def _block(self, block: Block, known: Ranges, temps: dict[int, Expr]) -> None:
        self._all(block.operations, known, temps)
        match block.end:
            case Goto():
                self.ends.append(known)
            case Branch(condition, then, orelse):
                lo, hi = self._range(condition, known, temps)
                if (lo, hi) != (0, 0):
                    self._block(then, dict(known), dict(temps))
                if lo <= 0 <= hi:
                    self._block(orelse, dict(known), dict(temps))
            case Choose(_, arms):
                for arm in arms:
                    self._block(arm, dict(known), dict(temps))
            case _:
                assert_never(block.end)

    def _all(
        self, operations: tuple[Operation, ...], known: Ranges, temps: dict[int, Expr]
    ) -> None:
        for item in operations:
            match item:
                case Assign(variable, index, value):
                    self._store(variable, index, self._range(value, known, temps), known, temps)
                case SetTemp(number, value):
                    lo, hi = self._range(value, known, temps)
                    temps[number] = Const(lo) if lo == hi else Temp(number)
                case When(condition, then, orelse):
                    lo, hi = self._range(condition, known, temps)
                    sides = [then] * ((lo, hi) != (0, 0)) + [orelse] * (lo <= 0 <= hi)
                    found = []
                    for side in sides:
                        found.append((dict(known), dict(temps)))
                        self._all(side, *found[-1])
                    for cell in known:
                        known[cell] = hull([ranges[cell] for ranges, _ in found])
                    for number in {n for _, named in found for n in named}:
                        values = {named.get(number, Temp(number)) for _, named in found}
                        temps[number] = values.pop() if len(values) == 1 else Temp(number)
                case Check() | Require() | Observe():
                    pass
                case _:
                    assert_never(item)

    def _range(self, expr: Expr, known: Ranges, temps: dict[int, Expr]) -> Range:
        return self.certain.range(self._named(expr, temps), self.certain.known(known))

    def _named(self, expr: Expr, temps: dict[int, Expr]) -> Expr:
        return rewrite(
            expr, lambda leaf: temps.get(leaf.number, leaf) if isinstance(leaf, Temp) else leaf
        )

    def _store(
        self,
        variable: int,
        index: tuple[Expr, ...],
        value: Range,
        known: Ranges,
        temps: dict[int, Expr],
    ) -> None:
        kind = self.program.variables[variable].type
        stored = max(value[0], kind.lo), min(value[1], kind.hi)
        named = tuple(self._named(item, temps) for item in index)
        cells = list(self.certain.places(variable, named, known))
        for cell in cells:
            known[cell] = stored if len(cells) == 1 else hull([known[cell], stored])
