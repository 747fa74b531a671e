"""Real code cannot ask whether it holds a lock."""

from typing import Annotated

from ksmcheck.lang import *

x: Annotated[int, Range(0, 3)]
lock: SpinLock


@actor
def running() -> None:
    global x
    if held(lock):
        x = 1


scenario(question="?", kernel="", properties=[])
