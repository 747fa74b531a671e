# expect: KSM831; check: sleep-in-atomic; depth: 2
"""A mutex is taken under a spinlock."""

from ksmcheck.lang import *

spin: SpinLock
mutex: Mutex


@actor
def sleeper() -> None:
    with spin_lock(spin):
        with mutex_lock(mutex):
            pass


scenario(
    question="Does the check speak?",
    kernel="",
    properties=[],
    expected=[Expect(verdict="violated", property="sleep-in-atomic")],
)
