"""One search from a program to its report, for the commands that make many of them."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TypeAlias

from attrs import evolve, frozen

from ksmcheck.explore.engines import EngineChoice, Ran, run
from ksmcheck.explore.options import SearchOptions, StopReason
from ksmcheck.explore.progress import Progress
from ksmcheck.explore.reductions import Reduce, names
from ksmcheck.ir.program import Program
from ksmcheck.report.findings import recorded
from ksmcheck.report.verdict import Report

Watch: TypeAlias = Callable[[], AbstractContextManager[Progress | None]]


@frozen
class Effort:
    """What each search may cost; ``watch`` is entered for each, and gives what it reports to."""

    choice: EngineChoice
    options: SearchOptions
    watch: Watch


def searched(program: Program, effort: Effort) -> Report:
    """Search ``program``; each violation is run on the evaluator before it is in the report.

    KeyboardInterrupt when the search was interrupted: half a search is no row of a table.
    """
    with effort.watch() as progress:
        ran = run(effort.choice, program, effort.options, progress)
    if ran.result.stop_reason is StopReason.INTERRUPTED:
        raise KeyboardInterrupt
    return report_of(program, ran)


def report_of(
    program: Program, ran: Ran, trace_file: Path | None = None, compile_seconds: float = 0.0
) -> Report:
    """The report on a search; its traces are written beside ``trace_file`` when that is given."""
    found = recorded(program, ran.result, trace_file)
    return Report(
        program=program,
        result=ran.result,
        counterexamples=found.counterexamples,
        engine=ran.engine,
        compile_seconds=compile_seconds + ran.result.compile_seconds,
        exact=ran.exact,
        note=ran.note,
        reductions=names(ran.reductions),
        preemptions=ran.preemptions,
        shortest=ran.shortest,
        given_up=ran.given_up,
        unconfirmed=found.unconfirmed,
        query_file=found.query_file,
    )


def everything(effort: Effort, max_depth: int | None = None) -> Effort:
    """The same effort for a search that goes on after a violation."""
    options = evolve(effort.options, all_violations=True, max_depth=max_depth)
    return evolve(effort, options=options)


def unreduced(effort: Effort) -> Effort:
    """The same effort for a search that leaves nothing out."""
    return evolve(effort, choice=evolve(effort.choice, reduce=Reduce()))
