"""The page of `prove`: the verdict, what it cost, and the step at which an induction failed."""

from __future__ import annotations

import json

from ksmcheck.ir.program import VariableKind
from ksmcheck.ir.types import format_value
from ksmcheck.report.proving import ProofReport
from ksmcheck.symbolic.proof import Proof, ProofVerdict, State
from ksmcheck.trace.describe import Model
from ksmcheck.trace.render import render

SCHEMA_VERSION = 1


def proof_text(report: ProofReport, width: int | None = None) -> str:
    """The counterexample if there is one, then the page."""
    parts = [] if report.trace is None else [render(report.trace, width)]
    proof, name = report.proof, report.model.program.identity.model
    lines = [f"{name}: {proof.verdict.value.upper()}"]
    match proof.verdict:
        case ProofVerdict.PROVED:
            lines.append(f"  {report.subject} holds in every run of this model, however long")
            lines.append(f"  {_method(proof)}")
        case ProofVerdict.VIOLATED:
            count = 0 if report.trace is None else len(report.trace.steps)
            stored = f", written to {report.trace_file}" if report.trace_file else ""
            lines.append(f"  {report.subject} after {count} steps{stored}")
        case ProofVerdict.INCONCLUSIVE:
            lines.append(f"  {report.subject}: {proof.reason}")
            lines += _failure(report)
    if report.query_file:
        lines.append(f"  what z3 was asked last is in {report.query_file}")
    lines += ["", *_cost(proof)]
    return "\n".join([*parts, "\n".join(lines) + "\n"])


def proof_json(report: ProofReport) -> str:
    """The JSON object of a proof, ending in a newline."""
    identity, proof, failure = report.model.program.identity, report.proof, report.failure
    trace = report.trace
    record = {
        "schema": SCHEMA_VERSION,
        "model": identity.model,
        "kernel": identity.kernel,
        "patches": identity.patches,
        "parameters": dict(identity.parameters),
        "property": report.subject,
        "verdict": proof.verdict.value,
        "k": proof.k,
        "reason": proof.reason,
        "depth": None if trace is None else len(trace.steps),
        "trace": report.trace_file,
        "failure": None
        if failure is None
        else {
            "before": dict(_words(report.model, failure.now)),
            "after": None if failure.then is None else dict(_words(report.model, failure.then)),
        },
        "facts": proof.facts,
        "candidates": proof.candidates,
        "queries": proof.queries,
        "seconds": round(proof.seconds, 6),
        "query_file": report.query_file,
        "model_digest": report.model.program.digest,
    }
    return json.dumps(record, indent=2) + "\n"


def _method(proof: Proof) -> str:
    if not proof.k:
        return "it follows from facts that every step preserves"
    steps = "one step" if proof.k == 1 else f"{proof.k} steps"
    return f"by induction over {steps} and facts that every step preserves"


def _cost(proof: Proof) -> list[str]:
    return [
        f"  {proof.facts} facts of {proof.candidates} candidates are inductive",
        f"  {proof.queries} queries of z3, {proof.seconds:.1f} s",
    ]


def _failure(report: ProofReport) -> list[str]:
    """The two states of the failed step, as far as they matter."""
    failure, model = report.failure, report.model
    if failure is None:
        return []
    before = dict(_words(model, failure.now))
    after = dict(_words(model, failure.then)) if failure.then is not None else {}
    looked = {model.cells[cell].name for cell in report.proof.looks_at}
    kept = [
        name
        for name, value in before.items()
        if name in looked or name.endswith(" is at") or (after and after[name] != value)
    ]
    if not looked:
        kept = list(before)
    head = "a state from which a step goes wrong" if after else "a state that is wrong"
    lines = [f"  what no fact excludes (it need not be reachable): {head}"]
    wide = max(map(len, kept), default=0)
    for name in kept:
        change = f" -> {after[name]}" if after and after[name] != before[name] else ""
        lines.append(f"    {name:{wide}}  {before[name]}{change}")
    return lines


def _words(model: Model, state: State) -> list[tuple[str, str]]:
    """Every cell of a state by name, in words; an actor's place is a line of the source."""
    found: list[tuple[str, str]] = []
    for number, actor in enumerate(model.program.actors):
        step = model.next_step(state, number)
        place = "done" if step is None else f"{step.span.short()} {step.text}"
        found.append((f"{actor.name} is at", place))
    for cell, value in zip(model.cells, state, strict=True):
        if cell.variable.kind is not VariableKind.LOCATION:
            found.append((cell.name, format_value(cell.type, value)))
    return found
