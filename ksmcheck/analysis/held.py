"""Which locks an actor certainly holds at each of its locations: a forward must-analysis.

The facts are Holds whose index is in terms of the actor's own variables. Where ways join, what
holds on all of them is kept; a store to a variable that a fact mentions ends it, unless the value
is still known under another name.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product

from ksmcheck.analysis.accesses import Exit, Hold, Summary
from ksmcheck.analysis.footprint import subexpressions
from ksmcheck.ir.expr import Const, Expr, Read, Temp
from ksmcheck.ir.fold import rewrite


def held(steps: tuple[Summary, ...]) -> tuple[frozenset[Hold], ...]:
    """The facts at each location of an actor; none where no run gets."""
    facts: dict[int, frozenset[Hold]] = {0: frozenset()}
    work = [0]
    while work:
        here = work.pop()
        if here == len(steps):
            continue
        for way in steps[here].exits:
            after = frozenset(_after(facts[here], way))
            known = facts.get(way.target)
            joined = after if known is None else known & after
            if joined != known:
                facts[way.target] = joined
                work.append(way.target)
    return tuple(facts.get(location, frozenset()) for location in range(len(steps) + 1))


def _after(holds: frozenset[Hold], way: Exit) -> Iterator[Hold]:
    """The facts at the end of ``way``."""
    now = set(holds)
    for taken, lock in way.locks:
        if taken:
            now.add(lock)
        else:
            now = {hold for hold in now if not may_be(hold, lock)}
    stored = dict(way.values)
    names: dict[Expr, list[Expr]] = {}
    for variable, value in way.values:
        names.setdefault(value, []).append(Read(variable))
    for hold in now:
        yield from _renamed(hold, stored, names)


def may_be(one: Hold, other: Hold) -> bool:
    """May these be one lock?"""
    return one.variable == other.variable and not differ(one.index, other.index)


def differ(one: tuple[Expr, ...], other: tuple[Expr, ...]) -> bool:
    """True when two indices cannot be the same."""
    pairs = zip(one, other, strict=True)
    return any(isinstance(a, Const) and isinstance(b, Const) and a != b for a, b in pairs)


def _renamed(hold: Hold, stored: dict[int, Expr], names: dict[Expr, list[Expr]]) -> Iterator[Hold]:
    """``hold``, in terms of values at the start of a step, in terms of those at its end."""
    leaves = {
        item
        for part in hold.index
        for item in subexpressions(part)
        if isinstance(item, Read | Temp)
    }
    ways: list[list[tuple[Expr, Expr]]] = []
    for leaf in leaves:
        same = list(names.get(leaf, ()))
        if isinstance(leaf, Read) and leaf.variable not in stored:
            same.append(leaf)
        ways.append([(leaf, name) for name in same])
    for chosen in product(*ways):
        to = dict(chosen)
        index = tuple(rewrite(part, to.__getitem__) for part in hold.index)
        yield Hold(hold.variable, index, hold.shared)
