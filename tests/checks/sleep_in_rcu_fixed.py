# expect: holds; check: sleep-in-atomic
"""A spinlock is taken inside an RCU read section, a mutex after it."""

from ksmcheck.lang import *

spin: SpinLock
mutex: Mutex


@actor
def sleeper() -> None:
    with rcu_read_lock():
        with spin_lock(spin):
            pass
    with mutex_lock(mutex):
        pass


scenario(
    question="Does the check speak?",
    kernel="",
    properties=[],
    expected=[Expect(verdict="holds")],
)
