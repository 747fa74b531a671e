"""The report as one JSON object, schema 1: the field names and their order are a contract."""

from __future__ import annotations

import json
from collections.abc import Mapping

import cattrs
from attrs import frozen

from ksmcheck.report.verdict import Counterexample, Report

SCHEMA_VERSION = 1


@frozen
class ViolationEntry:
    """One violated property or check; ``trace`` is the file that its trace was written to."""

    property: str
    message: str
    depth: int
    trace: str | None


@frozen
class PropertyEntry:
    """One property of the scenario."""

    name: str
    verdict: str
    exercised: bool


@frozen
class SymbolicEntry:
    """What deciding the branches on symbols took; null for a model without symbols."""

    conditions: int
    pruned_branches: int
    z3_queries: int
    z3_seconds: float
    imprecise_edges: int
    unconfirmed: int
    undecided_query: str | None


@frozen
class JsonReport:
    """What ``--json`` prints, key by key."""

    schema: int
    model: str
    kernel: str
    patches: tuple[str, ...]
    parameters: Mapping[str, int]
    verdict: str
    stop_reason: str
    violations: tuple[ViolationEntry, ...]
    properties: tuple[PropertyEntry, ...]
    states: int
    transitions: int
    depth: int
    seconds: float
    compile_seconds: float
    states_per_second: float
    bytes_per_state: float
    peak_memory_bytes: int
    engine: str
    exact: bool
    reductions: tuple[str, ...]
    model_digest: str
    symbolic: SymbolicEntry | None = None
    preemptions: int | None = None
    kernel_note: str = ""
    shortest: bool = True
    given_up: int = 0


def json_report(report: Report) -> str:
    """The JSON text of a report, ending in a newline."""
    return json.dumps(cattrs.unstructure(_entries(report)), indent=2) + "\n"


def _entries(report: Report) -> JsonReport:
    identity, result = report.program.identity, report.result
    return JsonReport(
        schema=SCHEMA_VERSION,
        model=identity.model,
        kernel=identity.kernel,
        patches=identity.patches,
        parameters=dict(identity.parameters),
        verdict=report.verdict.value,
        stop_reason=result.stop_reason.value,
        violations=tuple(_violation(item) for item in report.counterexamples),
        properties=tuple(
            PropertyEntry(row.property.name, row.verdict.value, row.exercised)
            for row in report.properties
        ),
        states=result.states,
        transitions=result.transitions,
        depth=result.depth,
        seconds=round(result.seconds, 6),
        compile_seconds=round(report.compile_seconds, 6),
        states_per_second=round(report.states_per_second, 1),
        bytes_per_state=round(result.bytes_per_state, 1),
        peak_memory_bytes=result.peak_memory_bytes,
        engine=report.engine,
        exact=report.exact,
        reductions=report.reductions,
        model_digest=report.program.digest,
        symbolic=_symbolic(report),
        preemptions=report.preemptions,
        kernel_note=identity.kernel_note,
        shortest=report.shortest,
        given_up=report.given_up,
    )


def _symbolic(report: Report) -> SymbolicEntry | None:
    if report.result.oracle is None:
        return None
    effort = report.result.oracle.effort
    return SymbolicEntry(
        effort.conditions,
        effort.pruned,
        effort.queries,
        round(effort.seconds, 6),
        effort.imprecise,
        len(report.unconfirmed),
        report.query_file,
    )


def _violation(item: Counterexample) -> ViolationEntry:
    violation = item.trace.violation
    return ViolationEntry(
        property=violation.name,
        message=f"{violation.code} {violation.sentence}".strip(),
        depth=len(item.trace.steps),
        trace=item.file,
    )
