"""Which locks an actor certainly holds at each of its points: a forward must-analysis.

The facts are Holds whose index is a constant, or in terms of own variables that are not known.
Where ways join, what holds on all of them is kept; a store to a variable that a fact mentions ends
it, unless the value is still known under another name.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product

from ksmcheck.analysis.accesses import Exit, Hold, Summary
from ksmcheck.analysis.footprint import subexpressions
from ksmcheck.analysis.points import Values
from ksmcheck.ir.expr import Const, Expr, Read, Temp
from ksmcheck.ir.fold import rewrite


def held(steps: tuple[Summary, ...]) -> tuple[frozenset[Hold], ...]:
    """The facts at each point of an actor; none where no run gets."""
    work = [number for number, step in enumerate(steps) if step.location == 0]
    facts: dict[int, frozenset[Hold]] = dict.fromkeys(work, frozenset())
    while work:
        here = work.pop()
        for way, following in steps[here].ways:
            ends: dict[tuple[Values, frozenset[int]], frozenset[Hold]] = {}
            for target in following:
                if target == len(steps):
                    continue
                there = steps[target]
                key = there.known, there.loose
                if key not in ends:
                    ends[key] = frozenset(_after(facts[here], way, steps[here], there))
                known = facts.get(target)
                joined = ends[key] if known is None else known & ends[key]
                if joined != known:
                    facts[target] = joined
                    work.append(target)
    return tuple(facts.get(number, frozenset()) for number in range(len(steps) + 1))


def _after(holds: frozenset[Hold], way: Exit, before: Summary, there: Summary) -> Iterator[Hold]:
    """The facts at the end of ``way``, which leads from ``before`` to ``there``."""
    now = after(holds, way)
    if not now:
        return
    stored, known = dict(way.values), dict(there.known)
    names: dict[Expr, list[Expr]] = {}
    for variable, value in way.values:
        if not isinstance(value, Const) or variable in there.loose:
            new = known.get(variable)
            names.setdefault(value, []).append(Read(variable) if new is None else Const(new))
    for variable, number in before.known:
        if variable in there.loose and variable not in stored:
            names.setdefault(Const(number), []).append(Read(variable))
    for hold in now:
        yield from _renamed(hold, stored, names, known)


def after(holds: frozenset[Hold], way: Exit) -> frozenset[Hold]:
    """What is certainly held after ``way`` if ``holds`` was before, in terms of its start."""
    now = holds
    for taken, lock in way.locks:
        now = now | {lock} if taken else frozenset(h for h in now if not may_be(h, lock))
    return now


def may_be(one: Hold, other: Hold) -> bool:
    """May these be one lock?"""
    return one.variable == other.variable and not differ(one.index, other.index)


def differ(one: tuple[Expr, ...], other: tuple[Expr, ...]) -> bool:
    """True when two indices cannot be the same."""
    pairs = zip(one, other, strict=True)
    return any(isinstance(a, Const) and isinstance(b, Const) and a != b for a, b in pairs)


def _renamed(
    hold: Hold, stored: dict[int, Expr], names: dict[Expr, list[Expr]], known: dict[int, int]
) -> Iterator[Hold]:
    """``hold``, in terms of values at the start of a step, in terms of those at its end."""
    leaves = {item for part in hold.index for item in _leaves(part)}
    ways: list[list[tuple[Expr, Expr]]] = []
    for leaf in leaves:
        same = list(names.get(leaf, ()))
        if isinstance(leaf, Read) and leaf.variable not in stored:
            number = known.get(leaf.variable)
            same.append(leaf if number is None else Const(number))
        if isinstance(leaf, Const):
            same.append(leaf)
        ways.append([(leaf, name) for name in same])
    for chosen in product(*ways):
        to = dict(chosen)
        index = tuple(
            to[part] if isinstance(part, Const) else rewrite(part, to.__getitem__)
            for part in hold.index
        )
        yield Hold(hold.variable, index, hold.shared)


def _leaves(part: Expr) -> Iterator[Expr]:
    """What may have another name at the end of a step: an index that is a constant, or a leaf."""
    if isinstance(part, Const):
        yield part
    else:
        yield from (item for item in subexpressions(part) if isinstance(item, Read | Temp))
