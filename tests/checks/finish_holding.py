# expect: KSM823; check: lock-use; depth: 1
"""The actor ends with the lock in its hand."""

from ksmcheck.lang import *

lock: SpinLock


@actor
def owner() -> None:
    spin_lock(lock)


scenario(
    question="Does the check speak?",
    kernel="",
    properties=[],
    expected=[Expect(verdict="violated", property="lock-use")],
)
