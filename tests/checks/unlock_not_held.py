# expect: KSM821; check: lock-use; depth: 1
"""One actor releases what only the other ever takes."""

from ksmcheck.lang import *

lock: SpinLock


@actor
def owner() -> None:
    spin_lock(lock)
    spin_unlock(lock)


@actor
def intruder() -> None:
    spin_unlock(lock)


scenario(
    question="Does the check speak?",
    kernel="",
    properties=[],
    expected=[Expect(verdict="violated", property="lock-use")],
)
