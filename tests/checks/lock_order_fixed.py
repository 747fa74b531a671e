# expect: holds; check: lock-order
"""Everybody takes the locks in one order."""

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
def second() -> None:
    with mutex_lock(gate):
        with mutex_lock(one):
            with mutex_lock(two):
                pass


scenario(
    question="Does the check speak?",
    kernel="",
    properties=[],
    expected=[Expect(verdict="holds")],
)
