# expect: KSM822; check: lock-use; depth: 2; silenced: KSM842
"""The callee takes the lock that its caller holds."""

from ksmcheck.lang import *

lock: SpinLock


@routine
def locked_part() -> None:
    spin_lock(lock)
    spin_unlock(lock)


@actor
def owner() -> None:
    spin_lock(lock)
    locked_part()
    spin_unlock(lock)


scenario(
    question="Does the check speak?",
    kernel="",
    properties=[],
    expected=[Expect(verdict="violated", property="lock-use")],
)
