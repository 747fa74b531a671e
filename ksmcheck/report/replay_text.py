"""The page of `replay`: the steps, and whether the counterexample still is one."""

from __future__ import annotations

from attrs import evolve

from ksmcheck.report.verdict import Verdict
from ksmcheck.trace.records import Trace
from ksmcheck.trace.render import render
from ksmcheck.trace.replay import Replay, ReplayVerdict


def replay_text(trace: Trace, outcome: Replay, width: int | None = None) -> str:
    """The trace in columns, then what became of it."""
    shown = trace
    if outcome.violation is not None:
        # The model may say it in other words now; what is printed is what was run.
        shown = evolve(trace, steps=outcome.steps, violation=outcome.violation)
    return "\n".join([render(shown, width), *_verdict(trace, outcome)]) + "\n"


def exit_code(outcome: Replay) -> int:
    """A trace that reproduces is a violation; one that does not says nothing about other runs."""
    if outcome.verdict is ReplayVerdict.REPRODUCES:
        return Verdict.VIOLATED.exit_code
    return Verdict.INCONCLUSIVE.exit_code


def _verdict(trace: Trace, outcome: Replay) -> list[str]:
    lines = []
    if outcome.other_version:
        lines.append("The trace belongs to another version of the model (its digest differs).")
    count = len(trace.steps)
    match outcome.verdict:
        case ReplayVerdict.REPRODUCES:
            lines.append(
                f"{trace.model}: REPRODUCES, {trace.violation.name} after "
                f"{count} step{'' if count == 1 else 's'}"
            )
        case ReplayVerdict.DIVERGES:
            where = "at the end"
            if outcome.step is not None:
                where = f"from step {outcome.step}" if outcome.step else "from the beginning"
            lines.append(f"{trace.model}: NO LONGER REPRODUCES, {where}")
            lines.append(f"  {outcome.reason}")
    return lines
