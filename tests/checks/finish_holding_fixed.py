# expect: holds; check: lock-use
"""An early return releases the lock of its with."""

from ksmcheck.lang import *

lock: SpinLock
go: bool


@actor
def owner() -> None:
    with spin_lock(lock):
        if go:
            return


@actor
def starter() -> None:
    global go
    go = True


scenario(
    question="Does the check speak?",
    kernel="",
    properties=[],
    expected=[Expect(verdict="holds")],
)
