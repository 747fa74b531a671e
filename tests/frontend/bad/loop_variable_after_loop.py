"""The loop is unrolled: its variable has no value after it."""

from typing import Annotated

from ksmcheck.lang import *

x: Annotated[int, Range(0, 3)]


@actor
def running() -> None:
    global x
    for i in range(3):
        if x == i:
            break
    x = i


scenario(question="?", kernel="", properties=[])
