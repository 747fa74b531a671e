"""A misspelt primitive."""

from typing import Annotated

from ksmcheck.lang import *

x: Annotated[int, Range(0, 3)]
lock: SpinLock


@actor
def running() -> None:
    global x
    x = 1
    spin_unlok(lock)


scenario(question="?", kernel="", properties=[])
