"""Each kind of counter has primitives of its own."""

from typing import Annotated

from ksmcheck.lang import *

x: Annotated[int, Range(0, 3)]
count: Annotated[Atomic, Max(3)]
references: Annotated[Refcount, Max(3)]
lock: SpinLock


@actor
def running() -> None:
    global x
    refcount_inc(count)
    atomic_inc(references)
    atomic_inc(x)
    if atomic_dec_and_lock(references, lock):
        spin_unlock(lock)
    x = 1


scenario(question="?", kernel="", properties=[])
