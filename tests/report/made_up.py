"""Reports over the tiny hand-built model, with search results that say whatever a test needs."""

from __future__ import annotations

from attrs import evolve

from ksmcheck.explore.options import StopReason
from ksmcheck.explore.result import Finding, SearchResult
from ksmcheck.ir.program import BuiltinCheck, Program, Property, PropertyKind
from ksmcheck.report.findings import recorded
from ksmcheck.report.verdict import Report
from tests.trace.tiny_model import FINDINGS, model_of, tiny_program


def result(
    stop: StopReason,
    findings: tuple[Finding, ...] = (),
    witnessed: frozenset[int] = frozenset({0}),
    silent: frozenset[int] = frozenset({3}),
) -> SearchResult:
    """A result in which actor A's locations ``silent`` and all of ksmd's never fired."""
    return SearchResult(
        stop_reason=stop,
        states=1234567,
        transitions=2345678,
        depth=7,
        seconds=2.5,
        findings=findings,
        witnessed=witnessed,
        fired=(frozenset(range(4)) - silent, frozenset(range(3)), frozenset()),
        edges=frozenset(),
        peak_memory_bytes=300 * 2**20,
        bytes_per_state=123.4,
        compile_seconds=0.05,
    )


def report(
    stop: StopReason = StopReason.EXHAUSTED,
    finding: str | None = None,
    witnessed: frozenset[int] = frozenset({0}),
    program: Program | None = None,
) -> Report:
    """A report; ``finding`` names one of the bugs of the tiny model."""
    chosen = program or tiny_program(finding or "lost")
    findings = (FINDINGS[finding](model_of(finding)),) if finding else ()
    found = result(stop, findings, witnessed)
    return Report(
        program=chosen,
        result=found,
        counterexamples=recorded(chosen, found, None).counterexamples,
        engine="python",
        compile_seconds=0.3,
    )


def leak_check(program: Program) -> Program:
    """The program with a built-in check that is stated as a predicate: it needs no witness."""
    (counted,) = program.properties
    leak: Property = evolve(
        counted, name="leak", kind=PropertyKind.END, witness=None, witness_text="",
        check=BuiltinCheck.LEAK, code="KSM871",
    )  # fmt: skip
    return evolve(program, properties=(counted, leak))
