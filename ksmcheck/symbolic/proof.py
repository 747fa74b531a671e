"""Proofs as data: what is asked, and what came of it. Nothing here needs z3."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from enum import Enum
from typing import TypeAlias

from attrs import frozen

from ksmcheck.ir.program import BuiltinCheck, Program, Property

State: TypeAlias = tuple[int, ...]
Subject: TypeAlias = Property | BuiltinCheck


@frozen
class Failure:
    """The step of an induction that failed: a state in which all is well, and the one after it.

    ``then`` is None when k was 0, and ``now`` is wrong itself. Neither need be reachable.
    """

    now: State
    then: State | None


class ProofVerdict(Enum):
    """What came of a proof."""

    PROVED = "proved"
    VIOLATED = "violated"
    INCONCLUSIVE = "inconclusive"


@frozen
class Proof:
    """``k`` is that of the induction that proved it, or the length of the counterexample ``path``,
    or the largest that was tried. ``failure`` is the last step of an induction that failed.

    ``facts`` of the ``candidates`` were inductive. ``reason`` says why there was no answer, and
    ``query`` is what z3 was asked last, in SMT-LIB; both are empty otherwise. ``looks_at`` are the
    cells that the property is about.
    """

    verdict: ProofVerdict
    k: int
    path: tuple[State, ...] = ()
    failure: Failure | None = None
    facts: int = 0
    candidates: int = 0
    queries: int = 0
    seconds: float = 0.0
    reason: str = ""
    query: str = ""
    looks_at: frozenset[int] = frozenset()


@frozen
class Question:
    """What is asked: ``most`` is the largest k, ``lemmas`` the largest number of lemmas, if any.

    ``after`` gives what a state leads to, and ``violates`` whether the end of a run breaks the
    property, both as the evaluator has it. ``time_limit`` is in seconds, None without one; ``told``
    gets a line of what is going on.
    """

    program: Program
    subject: Subject
    initial: Sequence[State]
    after: Callable[[State], Sequence[State]]
    violates: Callable[[tuple[State, ...]], bool]
    most: int
    lemmas: int | None
    time_limit: float | None
    told: Callable[[str], None]
