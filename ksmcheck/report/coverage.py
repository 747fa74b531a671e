"""Steps that never fired: code of the model that no explored run has executed."""

from __future__ import annotations

from attrs import frozen

from ksmcheck.explore.result import SearchResult
from ksmcheck.ir.program import Program
from ksmcheck.ir.step import Step


@frozen
class SilentStep:
    """A place of the source and the actors in which it never fired."""

    line: int
    text: str
    actors: tuple[str, ...]


@frozen
class SilentRoutine:
    """The silent steps of one routine, by line."""

    routine: str
    file: str
    steps: tuple[SilentStep, ...]


def step_count(program: Program) -> int:
    """How many steps all actors have together."""
    return sum(len(actor.steps) for actor in program.actors)


def silent_count(program: Program, result: SearchResult) -> int:
    """How many steps never fired."""
    return step_count(program) - sum(len(locations) for locations in result.fired)


def silent_routines(program: Program, result: SearchResult) -> tuple[SilentRoutine, ...]:
    """The source lines that never fired in an actor, grouped by routine in the model's order.

    A routine is inlined wherever it is called: a line is silent when none of its copies in that
    actor fired.
    """
    routines: dict[tuple[str, str], dict[tuple[int, str], list[str]]] = {}
    for actor, fired in zip(program.actors, result.fired, strict=True):
        spoken = {_place(step) for step in actor.steps if step.location in fired}
        for step in actor.steps:
            if _place(step) in spoken:
                continue
            places = routines.setdefault((_routine(step), step.span.file), {})
            names = places.setdefault((step.span.line, step.text), [])
            if actor.name not in names:
                names.append(actor.name)
    return tuple(
        SilentRoutine(
            routine,
            file,
            tuple(
                SilentStep(line, text, tuple(names))
                for (line, text), names in sorted(places.items())
            ),
        )
        for (routine, file), places in routines.items()
    )


def _place(step: Step) -> tuple[str, str, int, str]:
    return _routine(step), step.span.file, step.span.line, step.text


def _routine(step: Step) -> str:
    return step.frames[-1].routine if step.frames else ""
