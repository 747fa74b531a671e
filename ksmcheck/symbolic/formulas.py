"""Formulas about cells, put together fast: thousands of small ones are made for each proof.

z3's own And, Or and == look at the sort of every operand, which costs more than the query does that
they are made for. Here the sorts are known.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Sequence
from typing import TypeAlias

import z3
from attrs import define, field
from z3 import z3core

from ksmcheck.symbolic.transition_bits import Number

Row: TypeAlias = tuple[int, ...]
Among: TypeAlias = Callable[[int, frozenset[int]], z3.BoolRef]

CONTEXT = z3.main_ctx()
TRUE = z3.BoolVal(True)
FALSE = z3.BoolVal(False)


def conjunction(parts: Sequence[z3.BoolRef]) -> z3.BoolRef:
    """That all of at least one formula are true."""
    if len(parts) == 1:
        return parts[0]
    return z3.BoolRef(z3core.Z3_mk_and(CONTEXT.ref(), len(parts), _array(parts)), CONTEXT)


def disjunction(parts: Sequence[z3.BoolRef]) -> z3.BoolRef:
    """That one of at least one formula is true."""
    if len(parts) == 1:
        return parts[0]
    return z3.BoolRef(z3core.Z3_mk_or(CONTEXT.ref(), len(parts), _array(parts)), CONTEXT)


def negation(part: z3.BoolRef) -> z3.BoolRef:
    """That a formula is false."""
    return z3.BoolRef(z3core.Z3_mk_not(CONTEXT.ref(), part.ast), CONTEXT)


def _array(parts: Sequence[z3.BoolRef]) -> object:
    return (z3.Ast * len(parts))(*[part.ast for part in parts])


def rows_formula(cells: Sequence[int], rows: Collection[Row], among: Among) -> z3.BoolRef:
    """That the cells hold one of the rows; ``among`` makes the formulas about one cell."""
    if not cells:
        return TRUE
    if len(cells) == 1:
        return among(cells[0], frozenset(row[0] for row in rows))
    rests: dict[int, set[Row]] = defaultdict(set)
    for row in rows:
        rests[row[0]].add(row[1:])
    alike: dict[frozenset[Row], list[int]] = defaultdict(list)
    for value, rest in rests.items():
        alike[frozenset(rest)].append(value)
    return disjunction(
        [
            conjunction([among(cells[0], frozenset(values)), rows_formula(cells[1:], rest, among)])
            for rest, values in alike.items()
        ]
    )


@define
class CellFormulas:
    """Formulas about the cells of one state, ``cells``, each made once."""

    cells: dict[int, Number]
    known: dict[tuple[int, frozenset[int]], z3.BoolRef] = field(factory=dict)

    def among(self, cell: int, values: frozenset[int]) -> z3.BoolRef:
        """That the cell holds one of the values."""
        found = self.known.get((cell, values))
        if found is None:
            found = self.known[cell, values] = self._among(self.cells[cell], values)
        return found

    def _among(self, number: Number, values: frozenset[int]) -> z3.BoolRef:
        bits = number.bits
        if z3.is_bv_value(bits):
            return TRUE if bits.as_signed_long() in values else FALSE
        inside = [value for value in values if number.low <= value <= number.high]
        if not inside:
            return FALSE
        return disjunction([self._is(bits, value) for value in inside])

    def _is(self, bits: z3.BitVecRef, value: int) -> z3.BoolRef:
        constant = z3.BitVecVal(value, bits.size())
        return z3.BoolRef(z3core.Z3_mk_eq(CONTEXT.ref(), bits.ast, constant.ast), CONTEXT)


def support(formulas: Iterable[z3.ExprRef], cells: dict[int, int]) -> frozenset[int]:
    """The cells that the formulas are about; ``cells`` gives them by the ids of their bits."""
    seen: set[int] = set()
    work = list(formulas)
    while work:
        item = work.pop()
        if item.get_id() not in seen:
            seen.add(item.get_id())
            work += item.children()
    return frozenset(cells[number] for number in seen if number in cells)


def reading(model: z3.ModelRef, cells: Iterable[int], numbers: Sequence[Number]) -> dict[int, int]:
    """What a model gives to cells; 0 to those that it does not care about."""
    found: dict[int, int] = {}
    for cell in cells:
        bits = numbers[cell].bits
        value = z3core.Z3_model_get_const_interp(CONTEXT.ref(), model.model, bits.decl().ast)
        if value.value is None:
            found[cell] = 0
            continue
        unsigned, size = int(z3core.Z3_get_numeral_string(CONTEXT.ref(), value)), bits.size()
        found[cell] = unsigned - (1 << size) if unsigned >> (size - 1) else unsigned
    return found
