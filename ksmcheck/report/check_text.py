"""The page of `check`: a line for each configuration as it ends, then what failed and why."""

from __future__ import annotations

from collections.abc import Sequence
from typing import assert_never

from attrs import frozen

from ksmcheck.report.cases import Case, Scenario
from ksmcheck.report.checking import Checked, Row, Status

_HEADING = ("scenario", "configuration", "expected", "verdict", "states", "depth", "seconds", "")
_NUMBERS = (4, 5, 6)
_AS_WRITTEN = "as written"


@frozen
class CheckTable:
    """Prints rows that arrive one by one: the columns are as wide as the cases need."""

    widths: tuple[int, ...]

    @staticmethod
    def of(cases: Sequence[Case]) -> CheckTable:
        """A table for these cases."""
        texts = [_fixed_cells(case) for case in cases]
        longest = [max(map(len, column)) for column in zip(*texts, _HEADING[:3], strict=True)]
        return CheckTable((*longest, len("inconclusive"), len("100,000,000"), 5, 7, 0))

    def heading(self) -> str:
        """The first line."""
        return self._line(_HEADING)

    def line(self, row: Row) -> str:
        """The line of one case."""
        fixed = _fixed_cells(row.case)
        match row.status:
            case Status.UNCHANGED:
                return self._line((*fixed, "-", "-", "-", "-", row.status.value))
            case Status.PASSED | Status.FAILED:
                numbers = (f"{row.states:,}", str(row.depth), f"{row.seconds:.2f}")
                return self._line((*fixed, row.verdict, *numbers, row.status.value))
            case _:
                assert_never(row.status)

    def _line(self, cells: Sequence[str]) -> str:
        padded = [
            f"{cell:>{width}}" if number in _NUMBERS else f"{cell:<{width}}"
            for number, (cell, width) in enumerate(zip(cells, self.widths, strict=True))
        ]
        return "  ".join(padded).rstrip() + "\n"


def closing_text(checked: Checked) -> str:
    """What stands below the table. The last line is always ``N passed, N failed``."""
    lines = [""]
    for row in checked.rows:
        if row.status is Status.FAILED:
            lines += [f"FAILED {name_of(row.case)}: {row.reason}", f"  {row.case.command}"]
    if len(lines) > 1:
        lines.append("")
    unchanged = checked.count(Status.UNCHANGED)
    if unchanged:
        lines.append(
            f"{unchanged} not run: unchanged since the last time, when the verdict was right"
        )
    if checked.not_run:
        lines.append(f"interrupted: {len(checked.not_run)} not run")
    passed, failed = checked.count(Status.PASSED), checked.count(Status.FAILED)
    lines.append(f"{passed} passed, {failed} failed")
    return "\n".join(lines) + "\n"


def silent_text(scenarios: Sequence[Scenario]) -> str:
    """One line about scenarios that cannot be checked; empty when there are none."""
    names = ", ".join(scenario.name for scenario in scenarios)
    return f"not checked, because they expect nothing: {names}" if names else ""


def name_of(case: Case) -> str:
    """The case in words: ``swapin_race --with swapin-recheck``."""
    return f"{case.scenario.name} {case.flags}".rstrip()


def _fixed_cells(case: Case) -> tuple[str, str, str]:
    return case.scenario.name, case.flags or _AS_WRITTEN, case.expected.verdict
