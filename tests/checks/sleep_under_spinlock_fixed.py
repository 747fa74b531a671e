# expect: holds; check: sleep-in-atomic
"""A spinlock is taken under a mutex, and a mutex is tried under a spinlock."""

from ksmcheck.lang import *

spin: SpinLock
mutex: Mutex


@actor
def sleeper() -> None:
    with mutex_lock(mutex):
        with spin_lock(spin):
            pass


@actor
def trier() -> None:
    with spin_lock(spin):
        if mutex_trylock(mutex):
            mutex_unlock(mutex)


scenario(
    question="Does the check speak?",
    kernel="",
    properties=[],
    expected=[Expect(verdict="holds")],
)
