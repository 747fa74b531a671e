"""Chooses the engine: native where there is a C compiler and the model is not tiny.

Takes what the user asked for; gives the result together with what ran and why.
"""

from __future__ import annotations

from enum import Enum
from pathlib import Path

from attrs import Factory, evolve, frozen

from ksmcheck.analysis.preemptions import bounded
from ksmcheck.analysis.stubborn import Aim
from ksmcheck.backends.native.compiler import find_compiler
from ksmcheck.backends.native.library import VisitedSet
from ksmcheck.diagnostics import Diagnostic, UserError
from ksmcheck.explore.bounding import without_bound
from ksmcheck.explore.native_engine import NativeEngine
from ksmcheck.explore.options import SearchOptions, StopReason
from ksmcheck.explore.progress import Progress
from ksmcheck.explore.python_engine import PythonEngine
from ksmcheck.explore.reductions import Reduce, Reduction, decide
from ksmcheck.explore.result import SearchResult
from ksmcheck.explore.shortening import shortened
from ksmcheck.explore.shortest import shortest
from ksmcheck.explore.still_steps import watched
from ksmcheck.ir.program import Program

# A model with fewer states is decided by the python engine in less time than cc needs for its C.
# Choosing what to reduce is slow in Python, and finding out what is entered takes some searches.
SMALL = 200_000
SMALL_REDUCED = 4_000

# Where memory ends before this part of what reductions are for, they are not tried.
LITTLE = 64


class EngineName(Enum):
    """The values of ``--engine``."""

    AUTO = "auto"
    NATIVE = "native"
    PYTHON = "python"


@frozen
class EngineChoice:
    """What the user asked for. ``workers`` None means as many as there are cores.

    ``checkpoint`` is written when the search stops early, ``resume`` is where it goes on from.
    ``reduce`` says which reductions are wanted.
    """

    name: EngineName = EngineName.AUTO
    workers: int | None = None
    visited: VisitedSet = VisitedSet.EXACT
    keep_generated: Path | None = None
    checkpoint: Path | None = None
    resume: Path | None = None
    reduce: Reduce = Factory(Reduce)

    @property
    def only_native(self) -> str:
        """The option that the python engine does not have, if there is one."""
        if self.visited is not VisitedSet.EXACT:
            return "--visited"
        if self.checkpoint is not None:
            return "--checkpoint"
        return "--resume" if self.resume is not None else ""


@frozen
class Ran:
    """A search that was made: by which engine, whether it was exact, and why that engine.

    ``reductions`` are those that ran. With ``preemptions``, only runs with at most so many were
    looked at. ``shortest``: no violation that was found has a shorter way. ``given_up``: so many
    states had a search without reductions that came first and found the space too large.
    """

    result: SearchResult
    engine: str
    exact: bool = True
    note: str = ""
    reductions: frozenset[Reduction] = frozenset()
    preemptions: int | None = None
    shortest: bool = True
    given_up: int = 0


def run(
    choice: EngineChoice, program: Program, options: SearchOptions, progress: Progress | None
) -> Ran:
    """Search ``program``. UserError when the choice cannot be had."""
    large, most = choice.reduce.if_larger, options.max_states
    if large is None:
        return _reduced(choice, program, options, progress)
    plain = evolve(choice, reduce=Reduce())
    if _excluding(choice, options) or (most is not None and most <= large):
        return _reduced(plain, program, options, progress)
    first = _reduced(plain, program, evolve(options, max_states=large), progress)
    before = first.result
    if not too_large(before, large):
        return first
    if options.time_limit is not None:
        options = evolve(options, time_limit=max(0.0, options.time_limit - before.seconds))
    # The engine is known: this is no small model.
    name, wanted = EngineName(first.engine), evolve(choice.reduce, if_larger=None)
    second = _reduced(evolve(choice, name=name, reduce=wanted), program, options, progress)
    result = evolve(
        second.result,
        seconds=before.seconds + second.result.seconds,
        compile_seconds=before.compile_seconds + second.result.compile_seconds,
    )
    return evolve(second, result=result, note=first.note, given_up=before.states)


def too_large(result: SearchResult, large: int) -> bool:
    """Did a search for at most ``large`` states show that the space is too large for it?"""
    if result.stop_reason is StopReason.MEMORY_LIMIT:
        # Tables of stubborn sets need memory, too: where there is little, nothing is won.
        return result.states * LITTLE >= large
    return result.stop_reason is StopReason.STATE_LIMIT


def _excluding(choice: EngineChoice, options: SearchOptions) -> str:
    """The option that no reduction goes together with, if there is one."""
    # A search that is bounded in depth is one for what is near; reductions make ways longer.
    option = choice.only_native or ("--max-depth" if options.max_depth is not None else "")
    # What may be left out among all runs may be just what is within a bound on preemptions.
    return option or ("--preemptions" if options.preemptions is not None else "")


def _reduced(
    choice: EngineChoice, program: Program, options: SearchOptions, progress: Progress | None
) -> Ran:
    """The search with the reductions that were asked for."""
    # What is found out about the program that will be searched is found out once.
    about = watched(program) if Reduction.POR in choice.reduce.wanted else program
    reductions = decide(choice.reduce, about, _excluding(choice, options))
    options = evolve(options, reductions=reductions, if_paying=not choice.reduce.required)
    if options.preemptions is not None:
        return _within(options.preemptions, choice, program, options, progress)
    ran = _run(choice, program, options, progress)
    used = reductions - ran.result.unused
    if Reduction.POR in used and _unmet(program, ran.result):
        # What a search for violations leaves out may be just what a witness needs.
        wanted = evolve(
            options,
            aim=Aim.WITNESSES,
            entered=ran.result.entered,
            if_paying=False,
            unrenamed=bool(ran.result.unused),
        )
        second = _run(choice, program, wanted, progress)
        ran = evolve(ran, result=_both(ran.result, second.result))
    result, sure = shortest(
        ran.result, options, lambda o: _run(choice, program, o, progress).result
    )
    if options.readable or not sure:
        result = shortened(program, result)
    return evolve(ran, result=result, reductions=used, shortest=sure)


def _within(
    preemptions: int,
    choice: EngineChoice,
    program: Program,
    options: SearchOptions,
    progress: Progress | None,
) -> Ran:
    """The search of the runs with at most so many preemptions."""
    if choice.checkpoint is not None or choice.resume is not None:
        message = "--preemptions does not go together with checkpoints"
        raise UserError([Diagnostic("KSM546", message, hint="leave one of the two out")])
    ran = _run(choice, bounded(program, preemptions), options, progress)
    return evolve(ran, result=without_bound(ran.result), preemptions=preemptions)


def _unmet(program: Program, result: SearchResult) -> bool:
    """Did an exhausted search leave a witness open?"""
    wanted = {n for n, item in enumerate(program.properties) if item.witness is not None}
    return result.stop_reason is StopReason.EXHAUSTED and not wanted <= result.witnessed


def _both(first: SearchResult, second: SearchResult) -> SearchResult:
    """What a search for violations and one for witnesses found and cost together."""
    return evolve(
        first,
        stop_reason=second.stop_reason,
        states=first.states + second.states,
        transitions=first.transitions + second.transitions,
        seconds=first.seconds + second.seconds,
        witnessed=first.witnessed | second.witnessed,
        peak_memory_bytes=max(first.peak_memory_bytes, second.peak_memory_bytes),
        compile_seconds=first.compile_seconds + second.compile_seconds,
    )


def _run(
    choice: EngineChoice, program: Program, options: SearchOptions, progress: Progress | None
) -> Ran:
    if choice.only_native and choice.name is EngineName.PYTHON:
        message = f"the python engine has no {choice.only_native}"
        hint = f"leave {choice.only_native} out, or take --engine native"
        raise UserError([Diagnostic("KSM546", message, hint=hint)])
    if choice.name is EngineName.AUTO and not choice.only_native:
        if find_compiler() is None:
            note = "no C compiler was found"
            return _python(choice, program, options, progress, note)
        small = _small(program, options, progress) if choice.keep_generated is None else None
        if small is not None:
            return small
    if choice.name is EngineName.PYTHON:
        return _python(choice, program, options, progress, "")
    native = NativeEngine(
        choice.workers, choice.visited, choice.keep_generated, choice.checkpoint, choice.resume
    )
    exact = choice.visited is VisitedSet.EXACT
    return Ran(native.search(program, options, progress), native.name, exact)


def _python(
    choice: EngineChoice,
    program: Program,
    options: SearchOptions,
    progress: Progress | None,
    note: str,
) -> Ran:
    python = PythonEngine(choice.keep_generated)
    return Ran(python.search(program, options, progress), python.name, note=note)


def _small(program: Program, options: SearchOptions, progress: Progress | None) -> Ran | None:
    """What the python engine decides at once; None when the model is larger than that."""
    given = options.max_states
    small = SMALL_REDUCED if options.reductions else SMALL
    limit = small if given is None else min(small, given)
    python = PythonEngine()
    result = python.search(program, evolve(options, max_states=limit), progress)
    if result.stop_reason is StopReason.STATE_LIMIT and limit != given:
        return None
    return Ran(result, python.name, note="the model is small")
