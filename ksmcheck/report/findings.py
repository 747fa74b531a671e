"""From findings to recorded traces: each is run on the evaluator before a word of it is printed."""

from __future__ import annotations

from pathlib import Path

from ksmcheck.explore.result import SearchResult
from ksmcheck.ir.program import Program
from ksmcheck.report.verdict import Counterexample
from ksmcheck.trace.codec import save
from ksmcheck.trace.describe import Model
from ksmcheck.trace.record import record


def counterexamples(
    program: Program, result: SearchResult, trace_file: Path | None
) -> tuple[Counterexample, ...]:
    """The findings as traces, written to files when a file is named.

    The first goes to ``trace_file`` itself, the others beside it: race.json, race-2.json, ...
    InternalError when the evaluator does not agree with a finding.
    """
    if not result.findings:
        return ()
    model = Model.of(program)
    traces = [record(model, finding) for finding in result.findings]
    found = []
    for number, trace in enumerate(traces, 1):
        file = None if trace_file is None else numbered(trace_file, number)
        if file is not None:
            save(trace, file)
        found.append(Counterexample(trace, None if file is None else str(file)))
    return tuple(found)


def numbered(file: Path, number: int) -> Path:
    """``race.json`` for the first trace, ``race-2.json`` for the second."""
    return file if number == 1 else file.with_name(f"{file.stem}-{number}{file.suffix}")
