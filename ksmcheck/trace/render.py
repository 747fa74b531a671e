"""A trace as text: one column per actor, as the tables in kernel commit messages.

Plain ASCII. Only actors that move get a column, and each step shows only what changed. With two
actors the table is at most 75 columns wide, so that it can be pasted into a changelog.
"""

from __future__ import annotations

from attrs import frozen

from ksmcheck.trace.cell import Moment, moments, step_lines
from ksmcheck.trace.columns import Line, ascii_only, side_by_side, wrap
from ksmcheck.trace.ending import ending
from ksmcheck.trace.records import Trace

CHANGELOG_WIDTH = 75
_THREE_ACTORS_WIDTH = 100
_WIDEST = 110
_NARROWEST_COLUMN = 18
_MOST_PATCHES = 6
_GAP = " "
_FREE, _HOLDS = "  ", "| "


@frozen
class _Shape:
    """How the page is divided: ``column`` is the width of one actor's text without its lane."""

    actors: tuple[str, ...]
    width: int
    gutter: int

    @property
    def column(self) -> int:
        """Text columns of one actor, without the lane beside it."""
        count = max(len(self.actors), 1)
        return (self.width - self.gutter - len(_GAP) * (count - 1)) // count - len(_FREE)

    @property
    def compact(self) -> bool:
        """True when columns side by side would be too narrow to read."""
        return len(self.actors) > 1 and self.column < _NARROWEST_COLUMN


def natural_width(actors: int) -> int:
    """How wide a trace with so many moving actors is printed when nobody asks for a width."""
    if actors <= 2:
        return CHANGELOG_WIDTH
    return _THREE_ACTORS_WIDTH if actors == 3 else _WIDEST


def render(trace: Trace, width: int | None = None) -> str:
    """The whole trace as text, ending in a newline; no line is wider than ``width``."""
    movers = tuple(name for name in trace.actors if any(step.actor == name for step in trace.steps))
    gutter = len(str(len(trace.steps))) + 1
    shape = _Shape(movers, width or natural_width(len(movers)), gutter)
    lines = wrap(_opening(trace), shape.width)
    if trace.steps:
        lines += ["", *(_lanes(trace, shape) if shape.compact else _table(trace, shape))]
    lines += ["", *wrap(ending(trace.violation, len(trace.steps)), shape.width)]
    lines += wrap(_kernel_files(trace), shape.width)
    return ascii_only("\n".join(line.rstrip() for line in lines)) + "\n"


def _opening(trace: Trace) -> list[Line]:
    settings = [f"kernel {trace.kernel}"] if trace.kernel else []
    settings += [f"{name} = {value}" for name, value in trace.parameters.items()]
    count = len(trace.steps)
    after = f"after {count} step{'' if count == 1 else 's'}" if count else "in the initial state"
    lines = [
        Line(f"{trace.violation.name}: violated {after}"),
        Line(", ".join([f"{trace.model} ({trace.file})", *settings])),
    ]
    if trace.patches:
        names = ", ".join(trace.patches)
        many = len(trace.patches) > _MOST_PATCHES
        lines.append(Line(f"with {len(trace.patches)} patches" if many else f"with {names}"))
    if trace.values:
        lines.append(Line("for example with " + "; ".join(trace.values)))
    given = [f"{item.name} = {item.value}" for item in trace.initial if item.given]
    if given:
        lines.append(Line("initially " + "; ".join(given)))
    if trace.steps:
        lines.append(
            Line("Numbers are source lines; + takes a lock, - releases it, | holds one.", 0, 0)
        )
    return lines


def _kernel_files(trace: Trace) -> list[Line]:
    """Which kernel file has which routine of the trace."""
    files: dict[str, list[str]] = {}
    for step in trace.steps:
        for call in step.calls:
            routines = files.setdefault(call.source, [])
            if f"{call.routine}()" not in routines:
                routines.append(f"{call.routine}()")
    named = [f"{source}: {', '.join(names)}" for source, names in files.items() if source]
    return [Line(""), *(Line(text, 0, 4) for text in named)] if named else []


def _table(trace: Trace, shape: _Shape) -> list[str]:
    """Columns side by side: the step's number, then a lane and a column for each actor."""
    widths = [shape.column + len(_FREE)] * len(shape.actors)
    blank = " " * shape.gutter
    lines = [
        blank + row
        for row in side_by_side(
            [[_FREE + name, _FREE + "-" * shape.column] for name in shape.actors], widths, _GAP
        )
    ]
    for moment in moments(trace.steps):
        step = moment.step
        text = wrap(step_lines(moment), shape.column)
        cells = [
            _with_lane(text if name == step.actor else [""] * len(text), name, moment)
            for name in shape.actors
        ]
        rows = side_by_side(cells, widths, _GAP)
        label = f"{moment.number:>{shape.gutter - 1}} "
        lines += [(label if row == 0 else blank) + text for row, text in enumerate(rows)]
    return lines


def _with_lane(text: list[str], actor: str, moment: Moment) -> list[str]:
    """The actor's lane: a bar while it holds a lock, from the step that takes it to the release."""
    lane = _HOLDS if _holds(actor, moment) else _FREE
    return [lane + line for line in text]


def _lanes(trace: Trace, shape: _Shape) -> list[str]:
    """The compact layout: a lane of one character for each actor, and one column of text."""
    legend = " ".join(f"{place}={name}" for place, name in enumerate(shape.actors, 1))
    blank = " " * shape.gutter
    heads = " ".join(str(place % 10) for place in range(1, len(shape.actors) + 1))
    lines = wrap([Line(f"Lanes: {legend}; * moves.")], shape.width)
    lines += [blank + heads]
    room = max(shape.width - shape.gutter - 2 * len(shape.actors), _NARROWEST_COLUMN)
    for moment in moments(trace.steps):
        detail = step_lines(moment)
        mover = [] if moment.continued else [Line(f"{moment.step.actor}:")]
        for row, line in enumerate(wrap([*mover, *detail], room)):
            marks = " ".join(_lane_mark(name, moment, first=row == 0) for name in shape.actors)
            label = f"{moment.number:>{shape.gutter - 1}} " if row == 0 else blank
            lines.append(f"{label}{marks} {line}".rstrip())
    return lines


def _lane_mark(actor: str, moment: Moment, *, first: bool) -> str:
    if first and actor == moment.step.actor:
        return "*"
    return "|" if _holds(actor, moment) else "."


def _holds(actor: str, moment: Moment) -> bool:
    """True when the actor holds a lock before or after the step."""
    return any(actor in lock.holders for lock in (*moment.held, *moment.step.locks))
