# expect: holds; check: lock-use
"""The callee takes the lock after its caller released it."""

from ksmcheck.lang import *

lock: SpinLock


@routine
def locked_part() -> None:
    spin_lock(lock)
    spin_unlock(lock)


@actor
def owner() -> None:
    spin_lock(lock)
    spin_unlock(lock)
    locked_part()


scenario(
    question="Does the check speak?",
    kernel="",
    properties=[],
    expected=[Expect(verdict="holds")],
)
