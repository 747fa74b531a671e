"""Which variables only one actor's steps access, and which are locks."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

from ksmcheck.analysis.accesses import Sharing
from ksmcheck.analysis.footprint import block_expressions, subexpressions
from ksmcheck.ir.expr import Expr, Read
from ksmcheck.ir.fold import written
from ksmcheck.ir.program import Program, Same


def sharing_of(program: Program) -> Sharing:
    """What is private to an actor; every lock counts as ruly."""
    users: dict[int, set[int]] = {}
    for actor, steps in enumerate(accessed(program)):
        for variable in frozenset[int]().union(*steps):
            users.setdefault(variable, set()).add(actor)
    everything = range(len(program.variables))
    private = frozenset(v for v in everything if len(users.get(v, ())) <= 1)
    locks = frozenset(v for v, _ in program.locks())
    return Sharing(private - locks, locks)


def accessed(program: Program) -> tuple[tuple[frozenset[int], ...], ...]:
    """For each actor and location the variables that its step reads or stores to."""
    return _accessed(Same(program))


@lru_cache(maxsize=4)
def _accessed(same: Same) -> tuple[tuple[frozenset[int], ...], ...]:
    known: dict[int, frozenset[int]] = {}  # by identity: most expressions are there many times

    def read(expr: Expr) -> frozenset[int]:
        if id(expr) not in known:
            known[id(expr)] = frozenset(_variables(expr))
        return known[id(expr)]

    return tuple(
        tuple(
            written(step.block).union(*map(read, block_expressions(step.block)))
            for step in actor.steps
        )
        for actor in same.program.actors
    )


def _variables(expr: Expr) -> Iterator[int]:
    return (item.variable for item in subexpressions(expr) if isinstance(item, Read))
