"""Runs the real engine over a program and replays everything that it finds on the evaluator."""

from __future__ import annotations

from ksmcheck.explore.options import SearchOptions, StopReason
from ksmcheck.explore.python_engine import PythonEngine
from ksmcheck.explore.result import Finding, FindingKind, SearchResult
from ksmcheck.ir.program import Program
from ksmcheck.trace.describe import Model
from ksmcheck.trace.record import record
from tests.oracle.evaluator_search import Space


def first_finding(program: Program) -> Finding | None:
    """The counterexample with which a search ends, replayed; None when everything holds."""
    result = PythonEngine().search(program, SearchOptions())
    if not result.findings:
        assert result.stop_reason is StopReason.EXHAUSTED
        return None
    assert result.stop_reason is StopReason.VIOLATION
    finding = result.findings[0]
    assert len(record(Model.of(program), finding).steps) == finding.depth
    return finding


def name_of(program: Program, finding: Finding) -> str:
    """The code of a built-in check, or the name of a property."""
    match finding.kind:
        case FindingKind.FAULT:
            return program.faults[finding.index].code
        case FindingKind.PROPERTY:
            prop = program.properties[finding.index]
            return prop.code or prop.name
        case FindingKind.DEADLOCK:
            return "KSM842"
        case FindingKind.LOCK_ORDER:
            return "KSM841"


def assert_same_as_evaluator(program: Program, space: Space) -> SearchResult:
    """A search that goes on after violations counts and finds what the plain search does."""
    result = PythonEngine().search(program, SearchOptions(all_violations=True))
    assert result.stop_reason is StopReason.EXHAUSTED
    assert (result.states, result.transitions) == (len(space.levels), space.transitions)
    found: dict[str, int] = {}
    for finding in result.findings:
        name = name_of(program, finding)
        assert len(record(Model.of(program), finding).steps) == finding.depth
        found[name] = min(finding.depth, found.get(name, finding.depth))
    assert found == {name: bad.depth for name, bad in space.bad.items()}
    if not result.findings:
        assert result.depth == space.depth
    return result
