"""The lowest and the highest value that each cell ever holds: a fixpoint over all that is stored.

The order of steps plays no part: whatever some way of a step may store where setup or a way has
stored may be there. A value that has no name outside its step may be any of the type.
"""

from __future__ import annotations

from collections.abc import Iterator

from attrs import define, field

from ksmcheck.analysis.accesses import Summary
from ksmcheck.analysis.certain import NOTHING, Certain, Range
from ksmcheck.analysis.footprint import all_operations, blocks
from ksmcheck.ir.expr import Expr
from ksmcheck.ir.program import Program, VariableKind
from ksmcheck.ir.step import Assign
from ksmcheck.ir.types import ConditionType, LockType, SymbolType

# So often a cell may be found to hold more, before it is taken to hold anything of its type.
PATIENCE = 4

Store = tuple[int, tuple[Expr, ...], Expr]


def limits(program: Program, steps: tuple[tuple[Summary, ...], ...]) -> tuple[Range, ...]:
    """For each cell of the flat state the range of its values in runs of ``steps``."""
    search = _Limits(program)
    stores = list(dict.fromkeys(_stores(program, steps)))
    changed = True
    while changed:
        changed = False
        certain = Certain(program, tuple(search.found))
        for variable, index, value in stores:
            changed |= search.store(certain, variable, index, value)
    return tuple(search.found)


def _stores(program: Program, steps: tuple[tuple[Summary, ...], ...]) -> Iterator[Store]:
    for block in blocks(program.setup):
        for item in all_operations(block.operations):
            if isinstance(item, Assign):
                yield item.variable, item.index, item.value
    for actor in steps:
        for step in actor:
            for way in step.exits:
                yield from ((place.variable, place.index, value) for place, value in way.stores)
                yield from ((variable, (), value) for variable, value in way.values)


@define
class _Limits:
    """``found`` so far; ``tries[c]`` is how often it can still grow for cell c."""

    program: Program
    found: list[Range] = field(init=False)
    tries: list[int] = field(init=False)

    def __attrs_post_init__(self) -> None:
        self.found = []
        for variable in self.program.variables:
            kind = variable.type
            first = (variable.initial, variable.initial)
            # What is stored to these, or by whom, is not in summaries.
            if isinstance(kind, LockType | SymbolType | ConditionType):
                first = (kind.lo, kind.hi)
            if variable.kind is VariableKind.LOCATION:
                first = (kind.lo, kind.hi)
            self.found += [first] * variable.cells
        self.tries = [PATIENCE] * len(self.found)

    def store(self, certain: Certain, variable: int, index: tuple[Expr, ...], value: Expr) -> bool:
        """``value`` is stored; does a cell hold more than before?"""
        kind, changed = self.program.variables[variable].type, False
        lo, hi = certain.range(value, NOTHING)
        lo, hi = max(lo, kind.lo), min(hi, kind.hi)
        for cell in certain.places(variable, index, NOTHING):
            least, most = self.found[cell]
            if lo <= hi and (lo < least or hi > most):
                self.tries[cell] -= 1
                wider = (min(lo, least), max(hi, most))
                self.found[cell] = wider if self.tries[cell] > 0 else (kind.lo, kind.hi)
                changed = True
        return changed
