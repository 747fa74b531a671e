"""One path through a step, as far as it has been run: what values and names stand for.

A value that was read before the path stored to any of the variables that it is made of is a
function of the state before the step. In such expressions every Read is ``old``.
"""

from __future__ import annotations

from attrs import define, evolve, field

from ksmcheck.analysis.accesses import Hold, Store
from ksmcheck.analysis.footprint import subexpressions
from ksmcheck.ir.expr import Expr, Not, Read, Temp
from ksmcheck.ir.fold import negate, over_state_before, rewrite


@define
class Path:
    """One point of a path: the names of values, and conditions that are true here.

    ``origins`` are the values with these names in terms of the state before, where that is known.
    ``ended``: a check or what it waits for is surely false, so nobody gets here.
    """

    values: dict[int, Expr] = field(factory=dict)
    temps: dict[int, Expr] = field(factory=dict)
    known: frozenset[Expr] = frozenset()
    locks: tuple[tuple[bool, Hold], ...] = ()
    tried: dict[Expr, Hold] = field(factory=dict)
    stores: tuple[Store, ...] = ()
    origins: dict[int, Expr] = field(factory=dict)
    ended: bool = False

    def become(self, other: Path) -> None:
        """Go on as ``other``, which is given up."""
        self.values, self.temps, self.tried = other.values, other.temps, other.tried
        self.known, self.locks, self.stores = other.known, other.locks, other.stores
        self.origins, self.ended = other.origins, other.ended

    def fork(self) -> Path:
        return evolve(
            self,
            values=dict(self.values),
            temps=dict(self.temps),
            tried=dict(self.tried),
            origins=dict(self.origins),
        )

    def in_state_before(self, raw: Expr) -> Expr:
        """``raw``, of which nothing is stored to so far, in terms of the state before."""

        def leaf(item: Read | Temp) -> Expr:
            if isinstance(item, Temp):
                return self.origins.get(item.number, item)
            return evolve(item, old=True)

        return rewrite(raw, leaf)

    def facts(self) -> tuple[Expr, ...]:
        """What the conditions of the path say of the state before."""
        found: list[tuple[int, Expr]] = []
        for item in self.known:
            match item:
                case Temp(number) if number in self.origins:
                    found.append((-number, self.origins[number]))
                case Not(Temp(number)) if number in self.origins:
                    found.append((-number, negate(self.origins[number])))
        return tuple(fact for _, fact in sorted(found, key=lambda each: each[0]))

    def results(self, values: tuple[tuple[int, Expr], ...]) -> tuple[tuple[int, Expr], ...]:
        """Those of ``values``, of own variables, that are known in terms of the state before."""
        found = ((variable, self._resolved(value)) for variable, value in values)
        return tuple(
            (variable, over_state_before(value))
            for variable, value in found
            if not any(isinstance(item, Temp) for item in subexpressions(value))
        )

    def resolved_stores(self) -> tuple[Store, ...]:
        """The stores, with names of values replaced by what is known of them."""
        return tuple((place, self._resolved(value)) for place, value in self.stores)

    def _resolved(self, value: Expr) -> Expr:
        def leaf(item: Read | Temp) -> Expr:
            return self.origins.get(item.number, item) if isinstance(item, Temp) else item

        return rewrite(value, leaf)
