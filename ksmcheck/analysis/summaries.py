"""The summaries of all steps of a program, or of what of it is ever entered."""

from __future__ import annotations

from collections.abc import Iterator

from attrs import evolve

from ksmcheck.analysis.accesses import Sharing, Summary
from ksmcheck.analysis.arms import Entered
from ksmcheck.analysis.footprint import (
    all_operations,
    blocks,
    expressions_of,
    subexpressions,
)
from ksmcheck.analysis.paths import Path, Run
from ksmcheck.ir.expr import Read
from ksmcheck.ir.program import Program
from ksmcheck.ir.step import Assign, Block, Branch, Step


def summaries(program: Program, entered: Entered | None = None) -> tuple[tuple[Summary, ...], ...]:
    """For each actor the summary of each of its steps; None: everything may be entered.

    The summary of a step before which nobody stands is empty, and no way leads there.
    """
    sharing = _sharing(program)
    taken = Entered.everything(program) if entered is None else entered
    while True:
        runs = [
            [_run(program, sharing, *each) for each in zip(actor.steps, arms, strict=True)]
            for actor, arms in zip(program.actors, taken.steps, strict=True)
        ]
        unruly = frozenset[int]().union(*(run.unruly for actor in runs for run in actor))
        if not unruly & sharing.ruly:
            break
        sharing = evolve(sharing, ruly=sharing.ruly - unruly)
    return tuple(
        tuple(
            Summary(
                frozenset(run.reads),
                frozenset(run.rises),
                frozenset(run.falls),
                frozenset(run.own),
                tuple(way for way in run.exits if taken.stood(number, way.target)),
                tuple(run.needs),
                run.blocks,
            )
            for run in actor
        )
        for number, actor in enumerate(runs)
    )


def _run(program: Program, sharing: Sharing, step: Step, entered: int) -> Run:
    run = Run(program, sharing, step.actor, entered)
    # Of symbols it sees the cells, not the condition, which is about all values that these stand
    # for: docs/soundness.md, "Together with symbols".
    if entered:
        run.block(step.block, Path(), root=True)
    return run


def _sharing(program: Program) -> Sharing:
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
