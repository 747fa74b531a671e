"""Nobody else runs in setup, so there is nothing to lock."""

from typing import Annotated

from ksmcheck.lang import *

x: Annotated[int, Range(0, 3)]
lock: SpinLock


@setup
def setup() -> None:
    spin_lock(lock)
    spin_unlock(lock)


@actor
def running() -> None:
    global x
    x = 1


scenario(question="?", kernel="", properties=[])
