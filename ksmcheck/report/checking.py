"""Runs the cases of a check one by one and compares each verdict with the expected one."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from enum import Enum
from typing import assert_never

from attrs import frozen

from ksmcheck.ir.program import Expectation
from ksmcheck.report.cases import Case
from ksmcheck.report.remembered import Remembered
from ksmcheck.report.searching import Effort, everything, searched, unreduced
from ksmcheck.report.text import why_stopped
from ksmcheck.report.verdict import Report, Verdict


class Status(Enum):
    """What became of a case. UNCHANGED: not run, because the same model passed before."""

    PASSED = "ok"
    FAILED = "FAILED"
    UNCHANGED = "unchanged"


@frozen
class Row:
    """A case that was dealt with. ``property`` is the violated or vacuous one, or empty.

    ``seconds`` is all that the case took, compiling included; ``reason`` is why it failed.
    """

    case: Case
    status: Status
    verdict: str = ""
    property: str = ""
    states: int = 0
    depth: int = 0
    seconds: float = 0.0
    reason: str = ""


@frozen
class Checked:
    """A check that ended; ``not_run`` are the cases that an interruption left."""

    rows: tuple[Row, ...]
    not_run: tuple[Case, ...]
    seconds: float

    def count(self, status: Status) -> int:
        """How many cases ended like this."""
        return sum(row.status is status for row in self.rows)

    @property
    def exit_code(self) -> int:
        """0 only when every case was dealt with and none failed."""
        if self.not_run:
            return Verdict.INCONCLUSIVE.exit_code
        return 1 if self.count(Status.FAILED) else 0


def check(
    cases: Sequence[Case],
    effort: Effort,
    remembered: Remembered | None,
    told: Callable[[Row], None],
) -> Checked:
    """Run every case; with ``remembered``, those that it does not know. ``told`` gets each row.

    Ctrl-C ends the check after the rows that are complete. InternalError when the evaluator does
    not agree with a violation.
    """
    started = time.perf_counter()
    rows: list[Row] = []
    for case in cases:
        try:
            rows.append(_row(case, effort, remembered))
        except KeyboardInterrupt:
            break
        told(rows[-1])
    seconds = time.perf_counter() - started + sum(case.compile_seconds for case in cases)
    return Checked(tuple(rows), tuple(cases[len(rows) :]), seconds)


def results_to_remember(checked: Checked) -> tuple[tuple[Case, ...], tuple[Case, ...]]:
    """The cases that passed, and those that did not.

    That a search comes to no end says more of its limits than of the model: it is not remembered.
    """
    passed = [row for row in checked.rows if row.status is Status.PASSED]
    decided = tuple(row.case for row in passed if row.verdict != Verdict.INCONCLUSIVE.value)
    return decided, tuple(row.case for row in checked.rows if row.status is Status.FAILED)


def _row(case: Case, effort: Effort, remembered: Remembered | None) -> Row:
    """The case's row."""
    if remembered is not None and remembered.knows(case):
        return Row(case, Status.UNCHANGED)
    started = time.perf_counter()
    report = searched(case.program(), effort)
    subject = _subject(report, case.expected)
    if report.reductions and subject != (case.expected.property or subject):
        # What is met first depends on the reductions; what counts is the shortest counterexample.
        effort = unreduced(effort)
        report = searched(case.program(), effort)
        subject = _subject(report, case.expected)
    if report.verdict is Verdict.VIOLATED and subject != (case.expected.property or subject):
        # Of several violations of one depth, engines need not meet the same one first.
        subject = _same_depth(case, effort, report) or subject
    reason = mismatch(case.expected, report, subject)
    return Row(
        case=case,
        status=Status.FAILED if reason else Status.PASSED,
        verdict=report.verdict.value,
        property=subject,
        states=report.result.states,
        depth=report.result.depth,
        seconds=time.perf_counter() - started + case.compile_seconds,
        reason=reason,
    )


def _subject(report: Report, expected: Expectation) -> str:
    """The property that the verdict is about: violated, or vacuous; empty for the others."""
    match report.verdict:
        case Verdict.VIOLATED:
            return report.counterexamples[0].trace.violation.name
        case Verdict.VACUOUS:
            names = [
                row.property.name for row in report.properties if row.verdict is Verdict.VACUOUS
            ]
            return expected.property if expected.property in names else names[0]
        case Verdict.HOLDS | Verdict.INCONCLUSIVE:
            return ""
        case _:
            assert_never(report.verdict)


def _same_depth(case: Case, effort: Effort, report: Report) -> str:
    """The expected property, if it is violated at the depth of the violation found; else empty."""
    depth = report.result.findings[0].depth
    # One level more: a deadlock shows only when its state is expanded.
    wider = searched(case.program(), everything(effort, depth + 1))
    names = [
        item.trace.violation.name
        for item in wider.counterexamples
        if len(item.trace.steps) == depth
    ]
    return case.expected.property if case.expected.property in names else ""


def mismatch(expected: Expectation, report: Report, subject: str) -> str:
    """Why the report is not as expected, or nothing."""
    found = report.verdict.value
    if found == expected.verdict and subject == (expected.property or subject):
        return ""
    if found == expected.verdict and report.verdict not in (Verdict.VIOLATED, Verdict.VACUOUS):
        return ""  # it is no property's verdict alone
    words = (
        f"expected {_words(expected.verdict, expected.property)}, found {_words(found, subject)}"
    )
    if report.verdict is Verdict.INCONCLUSIVE:
        words += f": {why_stopped(report.result.stop_reason)}"
    return words


def _words(verdict: str, subject: str) -> str:
    return f"{verdict} ({subject})" if subject else verdict
