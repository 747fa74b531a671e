"""Proves that a property holds in every run of a program, however long, or finds a wrong one.

First with the facts that cost little, then, if there is time, with those about two actors at once.
"""

from __future__ import annotations

import time

from ksmcheck.symbolic.induction import Induction
from ksmcheck.symbolic.proof import Proof, ProofVerdict, Question
from ksmcheck.symbolic.prove_facts import Fact, Guesser
from ksmcheck.symbolic.prove_goal import Goal, goal_of
from ksmcheck.symbolic.prove_houdini import Clock, Houdini, OutOfTime
from ksmcheck.symbolic.transition import Transition


def prove(question: Question) -> Proof:
    """The proof, the counterexample, or why there is neither."""
    started = time.monotonic()
    transition = Transition(question.program)
    goal = goal_of(transition, question.subject)
    deadline = None if question.time_limit is None else started + question.time_limit
    result = Proof(ProofVerdict.INCONCLUSIVE, 0, looks_at=goal.cells)
    for pairs in (False, True):
        candidates = Guesser(transition, question.sample).facts(pairs)
        if pairs and len(candidates) <= result.candidates:
            break
        facts, queries = _inductive(question, transition, candidates, deadline)
        tried = _attempt(question, transition, goal, facts, deadline)
        result = Proof(
            tried.verdict,
            tried.k,
            tried.path,
            tried.failure or result.failure,
            len(facts),
            len(candidates),
            result.queries + queries + tried.queries,
            time.monotonic() - started,
            tried.reason,
            tried.query,
            goal.cells,
        )
        if tried.verdict is not ProofVerdict.INCONCLUSIVE or tried.query:
            break
    return result


def _inductive(
    question: Question, transition: Transition, candidates: list[Fact], deadline: float | None
) -> tuple[list[Fact], int]:
    """The inductive ones of the candidates, found in half of the time that is left; else none."""
    question.told(f"{len(candidates)} facts that a sample of {len(question.sample)} states shows")
    now = time.monotonic()
    clock = Clock(None if deadline is None else now + max(0.0, deadline - now) / 2)
    for state in question.initial:
        candidates = [fact for fact in candidates if fact.holds(state) or fact.weakened(state)]
    try:
        return Houdini(transition, clock, candidates).inductive(), clock.queries
    except OutOfTime:
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
    except OutOfTime as stopped:
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
