"""From a path of states that an engine found to a Trace, by running the evaluator over it.

No engine is believed: a path that the evaluator cannot follow, or that does not end in what was
claimed, raises InternalError before a word of it is printed.
"""

from __future__ import annotations

from itertools import pairwise

from ksmcheck.backends.evaluator import Outcome, State
from ksmcheck.diagnostics import InternalError
from ksmcheck.explore.result import Finding
from ksmcheck.trace.claims import (
    Claim,
    FaultClaim,
    OrderClaim,
    claim_of,
    describe_claim,
    establish,
)
from ksmcheck.trace.confirm import Run, asked_at_end, confirmed
from ksmcheck.trace.describe import Model, describe_initial, describe_step
from ksmcheck.trace.records import SCHEMA_VERSION, Initial, Trace, TraceStep, Violation


class Unconfirmed(Exception):  # noqa: N818, a result rather than an error
    """No values of its symbols are known to take a run to its end."""


def record(model: Model, finding: Finding) -> Trace:
    """The trace of a finding. Unconfirmed when z3 finds no values of its symbols for it."""
    path, claim = finding.path, claim_of(finding)
    start = next((item for item in model.evaluator.starts() if item.state in path[:1]), None)
    if start is None:
        raise InternalError("the path of a counterexample does not start in an initial state")
    naming, steps, outcomes = model.naming(start), list[TraceStep](), list[Outcome]()
    initial = describe_initial(model, path[0], naming)
    for number, (before, after) in enumerate(pairwise(path), 1):
        wanted = claim if number == len(path) - 1 else None
        outcomes.append(_outcome_between(model, before, after, wanted, number))
        steps.append(describe_step(model, before, outcomes[-1], naming))
        naming = model.naming_after(naming, outcomes[-1])
    if isinstance(claim, FaultClaim):
        outcomes.append(_faulting(model, path[-1], claim))
        steps.append(describe_step(model, path[-1], outcomes[-1], naming))
    previous = path[-2] if len(path) > 1 else None
    last = outcomes[-1] if outcomes else None
    violation = establish(model, claim, previous, last, path[-1], naming)
    if violation is None:
        raise InternalError(
            f"the evaluator does not find '{describe_claim(model, claim)}' at the end of the path"
        )
    run = Run(start, tuple(outcomes), asked_at_end(model, claim, previous, path[-1]))
    values = confirmed(model, run, claim)
    if values is None:
        raise Unconfirmed
    return _trace(model, violation, initial, tuple(steps), values)


def _trace(
    model: Model,
    violation: Violation,
    initial: tuple[Initial, ...],
    steps: tuple[TraceStep, ...],
    values: tuple[str, ...],
) -> Trace:
    program = model.program
    return Trace(
        schema=SCHEMA_VERSION,
        model=program.identity.model,
        file=program.identity.file,
        digest=program.digest,
        kernel=program.identity.kernel,
        patches=program.identity.patches,
        parameters=dict(program.identity.parameters),
        disabled_checks=program.disabled,
        violation=violation,
        actors=tuple(actor.name for actor in program.actors),
        initial=initial,
        steps=steps,
        values=values,
        added=program.identity.added,
        removed=program.identity.removed,
    )


def _outcome_between(
    model: Model, before: State, after: State, claim: Claim | None, number: int
) -> Outcome:
    candidates = [
        outcome for outcome in model.evaluator.successors(before) if outcome.state == after
    ]
    if not candidates:
        raise InternalError(f"the evaluator cannot take step {number} of a counterexample")
    if isinstance(claim, OrderClaim):
        for outcome in candidates:
            if claim.flags and claim.flags[0] in outcome.flags:
                return outcome
    return candidates[0]


def _faulting(model: Model, state: State, claim: FaultClaim) -> Outcome:
    for outcome in model.evaluator.successors(state):
        if outcome.fault == claim.number:
            return outcome
    code = model.program.faults[claim.number].code
    raise InternalError(f"the evaluator does not find fault {code} at the end of the path")
