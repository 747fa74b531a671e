"""Proves that a property holds in every run of a program, however long, or finds a wrong one.

First by lemmas that are guessed where they are needed. If these do not come to an end, by
k-induction with facts that a sample suggests: those that cost little, then, if there is time, those
about two actors at once.
"""

from __future__ import annotations

import time
from collections.abc import Callable

from attrs import evolve

from ksmcheck.symbolic.certify import certify
from ksmcheck.symbolic.flow import Flow
from ksmcheck.symbolic.induction import Induction
from ksmcheck.symbolic.obligations import obligations_of
from ksmcheck.symbolic.proof import Failure, Proof, ProofVerdict, Question
from ksmcheck.symbolic.prove_facts import Fact, Guesser
from ksmcheck.symbolic.prove_goal import Goal, goal_of
from ksmcheck.symbolic.prove_houdini import Clock, GaveUp, Houdini
from ksmcheck.symbolic.sample import Sample
from ksmcheck.symbolic.strengthen import Strengthening
from ksmcheck.symbolic.transition import Transition

# States of the sample that are found breadth first, and the seconds that it may take.
SAMPLE, SAMPLING = 20_000, 10.0
# The facts of an induction are guessed from so many of them.
FEW_STATES = 3000
# The part of the time that looking for lemmas may take, and how long it takes without a limit.
PART, PATIENCE = 0.7, 600.0
# Seconds between two lines of progress.
PAUSE = 5.0


def prove(question: Question) -> Proof:
    """The proof, the counterexample, or why there is neither."""
    started = time.monotonic()
    deadline = None if question.time_limit is None else started + question.time_limit
    flow = Flow(Transition(question.program))
    goal = goal_of(flow.transition, question.subject)
    limit = PATIENCE if question.time_limit is None else question.time_limit
    seconds = min(SAMPLING, limit / 10)
    sample = Sample.of(question.initial, question.after, flow.places, SAMPLE, seconds)
    question.told(f"a sample of {len(sample.states)} states")
    result = _by_lemmas(question, flow, sample, started + PART * limit)
    if result.verdict is ProofVerdict.INCONCLUSIVE:
        result = _by_facts(question, flow.transition, goal, sample, deadline, result)
    return evolve(result, seconds=time.monotonic() - started, looks_at=goal.cells)


def _by_lemmas(question: Question, flow: Flow, sample: Sample, deadline: float) -> Proof:
    """With lemmas that make the property inductive; they are certified in the end."""
    clock = Clock(deadline)
    for state in question.initial:
        if question.violates((state,)):
            return Proof(ProofVerdict.VIOLATED, 0, (state,))
    obligations = obligations_of(flow, question.subject)
    found = Strengthening(flow, sample, clock, obligations, question.violates, question.lemmas)
    try:
        path = found.run(_progress(question))
        if path is None:
            question.told(f"{found.lemmas.count()} lemmas suffice; they are certified")
            certify(found, question.initial, clock)
    except GaveUp as stopped:
        failure = None if found.failure is None else Failure(found.failure, None)
        return Proof(
            ProofVerdict.INCONCLUSIVE,
            0,
            failure=failure,
            candidates=found.lemmas.count(),
            queries=clock.queries,
            reason=stopped.reason,
            query=stopped.query,
        )
    count = found.lemmas.count()
    if path is not None:
        return Proof(
            ProofVerdict.VIOLATED, len(path) - 1, path, candidates=count, queries=clock.queries
        )
    return Proof(ProofVerdict.PROVED, 1, facts=count, candidates=count, queries=clock.queries)


def _progress(question: Question) -> Callable[[int, int], None]:
    last = [time.monotonic()]

    def told(lemmas: int, left: int) -> None:
        if time.monotonic() - last[0] >= PAUSE:
            last[0] = time.monotonic()
            question.told(f"{lemmas} lemmas, {left} questions are open")

    return told


def _by_facts(
    question: Question,
    transition: Transition,
    goal: Goal,
    sample: Sample,
    deadline: float | None,
    before: Proof,
) -> Proof:
    """By k-induction; ``before`` is what looking for lemmas has come to."""
    result = before
    for pairs in (False, True):
        if deadline is not None and time.monotonic() >= deadline:
            break
        candidates = Guesser(transition, sample.states[:FEW_STATES]).facts(pairs)
        if pairs and len(candidates) <= result.candidates:
            break
        facts, queries = _inductive(question, transition, candidates, deadline)
        tried = _attempt(question, transition, goal, facts, deadline)
        result = evolve(
            tried,
            failure=tried.failure or result.failure,
            facts=len(facts),
            candidates=len(candidates),
            queries=result.queries + queries + tried.queries,
        )
        if tried.verdict is not ProofVerdict.INCONCLUSIVE or tried.query:
            break
    return result


def _inductive(
    question: Question, transition: Transition, candidates: list[Fact], deadline: float | None
) -> tuple[list[Fact], int]:
    """The inductive ones of the candidates, found in half of the time that is left; else none."""
    question.told(f"{len(candidates)} facts that the sample shows")
    now = time.monotonic()
    clock = Clock(None if deadline is None else now + max(0.0, deadline - now) / 2)
    for state in question.initial:
        candidates = [fact for fact in candidates if fact.holds(state) or fact.weakened(state)]
    try:
        return Houdini(transition, clock, candidates).inductive(), clock.queries
    except GaveUp:
        return [], clock.queries


def _attempt(
    question: Question,
    transition: Transition,
    goal: Goal,
    facts: list[Fact],
    deadline: float | None,
) -> Proof:
    """One k-induction with these facts."""
    question.told(f"{len(facts)} of them are inductive")
    clock = Clock(deadline)
    induction = Induction(transition, question.initial, clock, facts)
    try:
        k, path, failure = induction.prove(
            goal, question.most, lambda k: question.told(f"induction with k = {k}")
        )
    except GaveUp as stopped:
        return Proof(
            ProofVerdict.INCONCLUSIVE,
            induction.reached,
            failure=induction.failure,
            queries=clock.queries,
            reason=stopped.reason,
            query=stopped.query,
        )
    if path is not None:
        return Proof(ProofVerdict.VIOLATED, k, path, queries=clock.queries)
    if failure is None:
        return Proof(ProofVerdict.PROVED, k, queries=clock.queries)
    reason = f"no induction up to k = {question.most} succeeds"
    return Proof(
        ProofVerdict.INCONCLUSIVE, k, failure=failure, queries=clock.queries, reason=reason
    )
