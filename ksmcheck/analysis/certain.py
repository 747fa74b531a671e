"""What is certain of an expression when something is known of a few cells: interval arithmetic.

Of a cell that nothing is known of, the value may be any that the cell ever holds (``limits``).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain
from types import UnionType

from attrs import define, field

from ksmcheck.analysis.making_nodes import Nodes
from ksmcheck.analysis.nodes import Facts, Known, Node, Range, mask, places
from ksmcheck.ir.expr import Binary, Const, Expr, Not, Op, Read
from ksmcheck.ir.program import Program
from ksmcheck.ir.types import ConditionType, LockType, SymbolType

_OPPOSITE = {
    Op.EQ: Op.NE,
    Op.NE: Op.EQ,
    Op.LT: Op.GE,
    Op.GE: Op.LT,
    Op.GT: Op.LE,
    Op.LE: Op.GT,
}


@define(eq=False)
class Certain:
    """Ranges of expressions over states of a program; facts are about cells of the flat state.

    ``limits`` are the lowest and the highest value that each cell ever holds; ``nothing`` is when
    no more is known than that. ``every`` is all cells.
    """

    nodes: Nodes
    limits: tuple[Range, ...]
    nothing: Known = field(init=False)
    every: int = field(init=False)
    _locks: frozenset[int] = field(init=False)
    _symbolic: frozenset[int] = field(init=False)

    def __attrs_post_init__(self) -> None:
        self.nothing = Known(self.limits, {})
        self.every = (1 << len(self.limits)) - 1
        self._locks = frozenset(self._of_type(LockType))
        self._symbolic = frozenset(self._of_type(SymbolType | ConditionType))

    @property
    def program(self) -> Program:
        return self.nodes.program

    @property
    def offsets(self) -> tuple[int, ...]:
        """The first cell of each variable."""
        return self.nodes.offsets

    def _of_type(self, kind: type | UnionType) -> Iterator[int]:
        for number, variable in enumerate(self.program.variables):
            if isinstance(variable.type, kind):
                yield from range(self.offsets[number], self.offsets[number] + variable.cells)

    def is_symbolic(self, cell: int) -> bool:
        """Does it hold the number of a symbol, or what is known of symbols?"""
        return cell in self._symbolic

    def known(
        self,
        facts: Facts,
        changed: int = 0,
        becomes: Mapping[int, Node] | None = None,
        conditions: Iterable[Node] = (),
    ) -> Known:
        """Knowledge of these facts; what is said by the limits is none."""
        found: dict[int, Range] = {}
        more = mask(becomes or ())
        for key, known in facts.items():
            cell = key if key >= 0 else ~key
            if known != self.limits[cell]:
                found[key] = known
                more |= 1 << cell
        return Known(
            self.limits, found, changed, becomes or {}, tuple(conditions), more, self.nothing
        )

    def unlocked(self, facts: Facts) -> dict[int, Range]:
        """The facts that are not about locks."""
        return {cell: known for cell, known in facts.items() if cell not in self._locks}

    def learn(self, fact: Expr, value: bool, facts: dict[int, Range]) -> None:
        """Add to ``facts`` what they say of single cells if ``fact`` is true, or false.

        ``fact`` is about the state that ``facts`` are about.
        """
        match fact:
            case Not(operand):
                self.learn(operand, not value, facts)
            case Binary(Op.AND, left, right) if value:
                self.learn(left, True, facts)
                self.learn(right, True, facts)
            case Binary(Op.OR, left, right) if not value:
                self.learn(left, False, facts)
                self.learn(right, False, facts)
            case Binary(op, Read() as read, Const(number)) if op in _OPPOSITE:
                self._narrow(read, op if value else _OPPOSITE[op], number, facts)
            case Read():
                self._narrow(fact, Op.NE if value else Op.EQ, 0, facts)

    def _narrow(self, read: Read, op: Op, number: int, facts: dict[int, Range]) -> None:
        cells = self.places(read.variable, read.index, facts)
        kind = self.program.variables[read.variable].type
        if len(cells) != 1 or isinstance(kind, SymbolType | ConditionType):
            return  # symbols are numbered anew at the end of a step
        lo, hi = facts.get(cells[0]) or self.limits[cells[0]]
        match op:
            case Op.EQ:
                lo, hi = max(lo, number), min(hi, number)
            case Op.NE:
                lo, hi = lo + (lo == number), hi - (hi == number)
            case Op.LT | Op.LE:
                hi = min(hi, number - (op is Op.LT))
            case _:
                lo = max(lo, number + (op is Op.GT))
        if lo <= hi:
            facts[cells[0]] = (lo, hi)

    def places(
        self, variable: int, index: tuple[Expr, ...], facts: Facts | None = None
    ) -> Sequence[int]:
        """The cells that ``variable[index]`` may be in a state of which ``facts`` are so."""
        first, dims = self.offsets[variable], self.program.variables[variable].dims
        if not index:
            return (first,)
        if len(index) == 1 and isinstance(index[0], Const):  # most are
            return (first + index[0].value,) if 0 <= index[0].value < dims[0] else ()
        parts = tuple((self.nodes.of(item), size) for item, size in zip(index, dims, strict=True))
        return places(first, parts, self.known(facts) if facts else self.nothing)

    def range(self, expr: Expr, known: Known) -> Range:
        """The lowest and the highest value that ``expr`` can have; a wider range is right, too."""
        return self.nodes.of(expr).range(known)


def declared(program: Program) -> tuple[Range, ...]:
    """The range of each cell's type."""
    every = (((v.type.lo, v.type.hi),) * v.cells for v in program.variables)
    return tuple(chain.from_iterable(every))
