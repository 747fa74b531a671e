# expect: KSM841; check: lock-order; depth: 3
"""Opposite orders: the gate hides the deadlock, not the cycle."""

from ksmcheck.lang import *

gate: Mutex
one: Mutex
two: Mutex


@actor
def forward() -> None:
    with mutex_lock(gate):
        with mutex_lock(one):
            with mutex_lock(two):
                pass


@actor
def backward() -> None:
    with mutex_lock(gate):
        with mutex_lock(two):
            with mutex_lock(one):
                pass


scenario(
    question="Does the check speak?",
    kernel="",
    properties=[],
    expected=[Expect(verdict="violated", property="lock-order")],
)
