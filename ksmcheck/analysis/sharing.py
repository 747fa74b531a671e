"""Which variables only one actor's steps access, and which are locks."""

from __future__ import annotations

from collections.abc import Iterator

from ksmcheck.analysis.accesses import Sharing
from ksmcheck.analysis.footprint import (
    all_operations,
    blocks,
    expressions_of,
    subexpressions,
)
from ksmcheck.ir.expr import Read
from ksmcheck.ir.program import Program
from ksmcheck.ir.step import Assign, Block, Branch


def sharing_of(program: Program) -> Sharing:
    """What is private to an actor; every lock counts as ruly."""
    users: dict[int, set[int]] = {}
    for number, actor in enumerate(program.actors):
        for step in actor.steps:
            for variable in variables_of(step.block):
                users.setdefault(variable, set()).add(number)
    everything = range(len(program.variables))
    private = frozenset(v for v in everything if len(users.get(v, ())) <= 1)
    locks = frozenset(v for v, _ in program.locks())
    return Sharing(private - locks, locks)


def variables_of(block: Block) -> Iterator[int]:
    """The variables that ``block`` reads or stores to."""
    for item in blocks(block):
        for operation in all_operations(item.operations):
            if isinstance(operation, Assign):
                yield operation.variable
            for expr in expressions_of(operation):
                yield from (r.variable for r in subexpressions(expr) if isinstance(r, Read))
        if isinstance(item.end, Branch):
            condition = item.end.condition
            yield from (r.variable for r in subexpressions(condition) if isinstance(r, Read))
