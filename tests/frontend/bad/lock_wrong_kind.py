"""A mutex taken with spin_lock."""

from typing import Annotated

from ksmcheck.lang import *

x: Annotated[int, Range(0, 3)]
lock: Mutex


@actor
def running() -> None:
    global x
    x = 1
    spin_lock(lock)
    spin_unlock(lock)


scenario(question="?", kernel="", properties=[])
