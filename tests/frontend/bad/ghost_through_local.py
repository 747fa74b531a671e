"""A ghost reaches real code through a local."""

from typing import Annotated

from ksmcheck.lang import *

x: Annotated[int, Range(0, 3)]
seen: Ghost[Annotated[int, Range(0, 3)]]


@actor
def running() -> None:
    global x, seen
    y = seen
    x = y
    seen = 1


scenario(question="?", kernel="", properties=[])
