"""From findings to recorded traces: each is run on the evaluator before a word of it is printed."""

from __future__ import annotations

from pathlib import Path

from attrs import frozen

from ksmcheck.analysis.symbols import Undecided
from ksmcheck.explore.result import Finding, SearchResult
from ksmcheck.ir.program import Program
from ksmcheck.report.verdict import Counterexample
from ksmcheck.trace.codec import save
from ksmcheck.trace.describe import Model
from ksmcheck.trace.files import write_whole
from ksmcheck.trace.record import Unconfirmed, record


@frozen
class Recorded:
    """The findings that are real, as traces, and those that z3 could not give values to.

    ``query_file`` has the query at which the search stopped, when z3 did not decide it.
    """

    counterexamples: tuple[Counterexample, ...] = ()
    unconfirmed: tuple[Finding, ...] = ()
    query_file: str | None = None


def recorded(program: Program, result: SearchResult, trace_file: Path | None) -> Recorded:
    """The findings as traces, written to files when a file is named.

    The first goes to ``trace_file`` itself, the others beside it: race.json, race-2.json, ...
    InternalError when the evaluator does not agree with a finding.
    """
    query_file = _kept(program, result.undecided) if result.undecided else None
    if not result.findings:
        return Recorded(query_file=query_file)
    model = Model.of(program, result.oracle)
    traces, unconfirmed, found = [], [], []
    for finding in result.findings:
        try:
            traces.append(record(model, finding))
        except (Unconfirmed, Undecided):
            unconfirmed.append(finding)
    for number, trace in enumerate(traces, 1):
        file = None if trace_file is None else numbered(trace_file, number)
        if file is not None:
            save(trace, file)
        found.append(Counterexample(trace, None if file is None else str(file)))
    return Recorded(tuple(found), tuple(unconfirmed), query_file)


def _kept(program: Program, query: str) -> str:
    """Leave the query that z3 did not decide beside the user, for another solver."""
    path = Path(f"{Path(program.identity.model).name}-undecided.smt2")
    write_whole(path, query, "the query that z3 did not decide")
    return str(path)


def numbered(file: Path, number: int) -> Path:
    """``race.json`` for the first trace, ``race-2.json`` for the second."""
    return file if number == 1 else file.with_name(f"{file.stem}-{number}{file.suffix}")
