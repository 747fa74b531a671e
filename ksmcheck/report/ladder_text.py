"""The page of `ladder`: a line for each patch level, a column for each property."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from typing import assert_never

from attrs import frozen

from ksmcheck.report.grid import grid
from ksmcheck.report.ladder import BASE, Cell, Ladder, Level, Rung
from ksmcheck.report.verdict import Verdict

_WIDTH = 100
_COLUMN = 13
_NUMBERED = 2  # the last columns: states, seconds


@frozen
class _Column:
    """Properties that share a column: one, or several that have one verdict at every level."""

    title: str
    names: tuple[str, ...]


def ladder_text(ladder: Ladder, releases: Sequence[str]) -> str:
    """The table, which patch changed what, and what the marks mean.

    ``releases`` are those of the patches, in the list's order.
    """
    if not ladder.levels:
        return f"{ladder.model}: interrupted at the first level, nothing is known\n"
    columns = _columns(ladder)
    lines = [*_title(ladder), "", *_table(ladder, columns, releases), ""]
    lines += _changes(ladder)
    for column in columns:
        if len(column.names) > 1:
            lines += _wrapped(f"{column.title}: {', '.join(column.names)}")
    lines += _notes(ladder)
    return "\n".join(lines) + "\n"


def level_text(level: Level) -> str:
    """One line about a level, for whoever waits for the table."""
    violated = [
        f"{name} after {cell.depth}"
        for name, cell in level.cells.items()
        if cell.verdict is Verdict.VIOLATED
    ]
    found = f" ({', '.join(violated)})" if violated else ""
    cost = f"the same program as {level.same_as}" if level.same_as else f"{level.seconds:.1f} s"
    return f"{_label(level.rung)}: {level.report.verdict.value}{found}, {cost}"


def cell_text(cell: Cell) -> str:
    """A verdict as it stands in the table."""
    match cell.verdict:
        case Verdict.HOLDS:
            return "holds"
        case Verdict.VIOLATED:
            return f"VIOLATED {cell.depth}"
        case Verdict.VACUOUS:
            return "vacuous"
        case Verdict.INCONCLUSIVE:
            return "-"
        case _:
            assert_never(cell.verdict)


def _title(ladder: Ladder) -> list[str]:
    values = ", ".join(f"{name} = {value}" for name, value in ladder.parameters)
    return _wrapped(f"{ladder.model}, patch by patch" + (f" ({values})" if values else ""))


def _columns(ladder: Ladder) -> list[_Column]:
    """A column for each property that is ever violated, and one for each kind of the others."""
    columns: list[_Column] = []
    alike: dict[tuple[Cell, ...], list[str]] = {}
    for name in ladder.columns:
        cells = tuple(level.cell(name) for level in ladder.levels)
        if any(cell.verdict is Verdict.VIOLATED for cell in cells):
            columns.append(_Column(name, (name,)))
        else:
            alike.setdefault(cells, []).append(name)
    for names in alike.values():
        several = f"{len(names)} {'others' if columns else 'properties'}"
        columns.append(_Column(names[0] if len(names) == 1 else several, tuple(names)))
    return columns


def _table(ladder: Ladder, columns: list[_Column], releases: Sequence[str]) -> list[str]:
    rows = _headings(columns)
    before: Level | None = None
    for level in ladder.levels:
        rows.append(_row(level, before, columns, releases))
        before = level
    return _aligned(rows)


def _headings(columns: list[_Column]) -> list[tuple[str, ...]]:
    """The heading's lines: names that need several end on the last one."""
    titles = [_heading(column.title) for column in columns]
    parts = [["level"], ["release"], *titles, ["states"], ["seconds"]]
    height = max(map(len, parts))
    padded = [[""] * (height - len(part)) + part for part in parts]
    return list(zip(*padded, strict=True))


def _row(
    level: Level, before: Level | None, columns: list[_Column], releases: Sequence[str]
) -> tuple[str, ...]:
    cells = []
    for column in columns:
        cell = level.cell(column.names[0])
        old = cell if before is None else before.cell(column.names[0])
        cells.append(cell_text(cell) + (" *" if cell.verdict is not old.verdict else ""))
    seconds = f"as {level.same_as}" if level.same_as else f"{level.seconds:.2f}"
    return (
        _label(level.rung),
        _release(level.rung, releases),
        *cells,
        f"{level.report.result.states:,}",
        seconds,
    )


def _release(rung: Rung, releases: Sequence[str]) -> str:
    """``= v2.6.36`` when that version has exactly these patches, else the patch's release."""
    if rung.kernels:
        return "= " + ", ".join(rung.kernels)
    if rung.name == BASE:
        return f"before {releases[0]}" if releases else ""
    return rung.release


def _label(rung: Rung) -> str:
    return f"+ {rung.name}" if rung.patches and rung.name not in rung.kernels else rung.name


def _heading(title: str) -> list[str]:
    """A property's name in lines of a column's width, broken behind its underscores."""
    words = title.replace("_", "_ ").split(" ") if "_" in title else title.split(" ")
    glue = "" if "_" in title else " "
    lines = [words[0]]
    for word in words[1:]:
        if len(lines[-1] + glue + word) <= _COLUMN:
            lines[-1] += glue + word
        else:
            lines.append(word)
    return lines


def _aligned(rows: list[tuple[str, ...]]) -> list[str]:
    """The rows as a grid, with numbers flush right."""
    first = len(rows[0]) - _NUMBERED
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    flush = [
        (*row[:first], *(f"{cell:>{widths[first + at]}}" for at, cell in enumerate(row[first:])))
        for row in rows
    ]
    return grid(flush[0], flush[1:])


def _changes(ladder: Ladder) -> list[str]:
    lines = []
    for change in ladder.changes:
        parts = [f"opens {', '.join(change.opened)}"] if change.opened else []
        parts += [f"closes {', '.join(change.closed)}"] if change.closed else []
        lines += _wrapped(f"{change.level} {'; '.join(parts)}")
    if not lines and len(ladder.levels) > 1:
        lines.append("no patch opens or closes anything")
    return [*lines, ""] if lines else []


def _notes(ladder: Ladder) -> list[str]:
    shown = [level.cell(name) for level in ladder.levels for name in ladder.columns]
    lines = []
    if any(cell.verdict is Verdict.VIOLATED for cell in shown):
        lines.append("VIOLATED n: the shortest counterexample has n steps")
    if any(cell.verdict is Verdict.INCONCLUSIVE for cell in shown):
        lines.append("-: not decided, a limit was reached")
    if len(ladder.levels) > 1:
        lines.append("*: another verdict than in the line above")
    if any(level.same_as for level in ladder.levels):
        lines.append("as LEVEL: the very same program as at that level, not searched again")
    if ladder.not_run:
        names = ", ".join(rung.name for rung in ladder.not_run)
        lines += _wrapped(f"interrupted, not run: {names}")
    return lines


def _wrapped(text: str) -> list[str]:
    return textwrap.wrap(
        text, _WIDTH, subsequent_indent="  ", break_long_words=False, break_on_hyphens=False
    )
