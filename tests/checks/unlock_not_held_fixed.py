# expect: holds; check: lock-use
"""Both release only what they took."""

from ksmcheck.lang import *

lock: SpinLock


@actor
def owner() -> None:
    spin_lock(lock)
    spin_unlock(lock)


@actor
def other() -> None:
    if spin_trylock(lock):
        spin_unlock(lock)


scenario(
    question="Does the check speak?",
    kernel="",
    properties=[],
    expected=[Expect(verdict="holds")],
)
