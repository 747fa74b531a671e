"""Records a trace again: the same violation in the same configuration of the model as it is."""

from __future__ import annotations

from enum import Enum

from attrs import evolve, frozen

from ksmcheck.explore.options import StopReason
from ksmcheck.ir.program import Program
from ksmcheck.report.searching import Effort, everything, searched
from ksmcheck.report.text import why_stopped
from ksmcheck.report.verdict import Report, Verdict
from ksmcheck.trace.records import Trace


class Status(Enum):
    """What became of a trace file."""

    FITS = "fits"
    RECORDED = "recorded again"
    ANOTHER_LENGTH = "recorded again, with another length"
    GONE = "not violated any more"
    UNDECIDED = "undecided"


@frozen
class Recording:
    """``trace`` is the new one, None when the file stays as it is; ``words`` say more."""

    status: Status
    trace: Trace | None = None
    words: str = ""

    @property
    def exit_code(self) -> int:
        """0 when the file is, or has become, a shortest counterexample of the same length."""
        match self.status:
            case Status.FITS | Status.RECORDED:
                return 0
            case Status.ANOTHER_LENGTH | Status.GONE:
                return 1
            case Status.UNDECIDED:
                return Verdict.INCONCLUSIVE.exit_code


def record_again(trace: Trace, program: Program, effort: Effort) -> Recording:
    """Search ``program``, compiled as ``trace`` says, for the violation that ``trace`` shows.

    The first search stops at the first violation. When that is another one, a second search finds
    all that are no deeper than the trace is, then one without that bound.
    """
    if program.digest == trace.digest:
        return Recording(Status.FITS)
    depth = len(trace.steps)
    effort = evolve(effort, options=evolve(effort.options, readable=True))
    # One level more than the trace has steps: a deadlock shows only when its state is expanded.
    for tried in (effort, everything(effort, depth + 1), everything(effort)):
        report = searched(program, tried)
        found = _of_the_same(trace, report)
        if found is not None:
            return _recording(trace, found)
    if report.result.stop_reason is not StopReason.EXHAUSTED:
        return Recording(Status.UNDECIDED, words=why_stopped(report.result.stop_reason))
    return Recording(Status.GONE, words=f"{trace.violation.name} holds in this configuration")


def _of_the_same(trace: Trace, report: Report) -> Trace | None:
    """The shortest counterexample to what ``trace`` violates, if the report has one."""
    wanted = trace.violation
    same = [
        item.trace
        for item in report.counterexamples
        if (item.trace.violation.kind, item.trace.violation.name) == (wanted.kind, wanted.name)
    ]
    return min(same, key=lambda item: len(item.steps), default=None)


def _recording(before: Trace, found: Trace) -> Recording:
    after = evolve(found, file=before.file)
    if len(found.steps) == len(before.steps):
        return Recording(Status.RECORDED, after, f"{len(found.steps)} steps, as before")
    words = f"{len(found.steps)} steps, {len(before.steps)} before"
    return Recording(Status.ANOTHER_LENGTH, after, words)
