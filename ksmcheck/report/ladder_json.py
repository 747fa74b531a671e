"""A ladder as one JSON object, schema 1: the field names and their order are a contract."""

from __future__ import annotations

import json
from collections.abc import Mapping

import cattrs
from attrs import frozen

from ksmcheck.report.ladder import Ladder, Level

SCHEMA_VERSION = 1


@frozen
class RungProperty:
    """One property, or one built-in check that was violated at some level."""

    name: str
    verdict: str
    depth: int | None


@frozen
class RungEntry:
    """One level. ``opened`` and ``closed`` compare it with the level before."""

    level: str
    release: str
    kernels: tuple[str, ...]
    patches: tuple[str, ...]
    verdict: str
    stop_reason: str
    properties: tuple[RungProperty, ...]
    opened: tuple[str, ...]
    closed: tuple[str, ...]
    states: int
    transitions: int
    depth: int
    seconds: float
    same_as: str | None


@frozen
class LadderReport:
    """What ``ladder --json`` prints; ``not_run`` are the levels that an interruption left."""

    schema: int
    model: str
    parameters: Mapping[str, int]
    levels: tuple[RungEntry, ...]
    not_run: tuple[str, ...]
    seconds: float


def ladder_json(ladder: Ladder) -> str:
    """The JSON text of a ladder, ending in a newline."""
    report = LadderReport(
        schema=SCHEMA_VERSION,
        model=ladder.model,
        parameters=dict(ladder.parameters),
        levels=tuple(_entry(ladder, level) for level in ladder.levels),
        not_run=tuple(rung.name for rung in ladder.not_run),
        seconds=round(ladder.seconds, 6),
    )
    return json.dumps(cattrs.unstructure(report), indent=2) + "\n"


def _entry(ladder: Ladder, level: Level) -> RungEntry:
    rung, result = level.rung, level.report.result
    changes = [change for change in ladder.changes if change.level == rung.name]
    cells = [(name, level.cell(name)) for name in ladder.columns]
    return RungEntry(
        level=rung.name,
        release=rung.release,
        kernels=rung.kernels,
        patches=rung.patches,
        verdict=level.report.verdict.value,
        stop_reason=result.stop_reason.value,
        properties=tuple(
            RungProperty(name, cell.verdict.value, cell.depth) for name, cell in cells
        ),
        opened=tuple(name for change in changes for name in change.opened),
        closed=tuple(name for change in changes for name in change.closed),
        states=result.states,
        transitions=result.transitions,
        depth=result.depth,
        seconds=round(level.seconds, 6),
        same_as=level.same_as or None,
    )
