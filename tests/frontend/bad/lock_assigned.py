"""A lock is not assigned to."""

from typing import Annotated

from ksmcheck.lang import *

x: Annotated[int, Range(0, 3)]
lock: Mutex


@actor
def running() -> None:
    global x, lock
    x = 1
    lock = True


scenario(question="?", kernel="", properties=[])
