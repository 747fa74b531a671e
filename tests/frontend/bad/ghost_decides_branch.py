"""A ghost decides what real code does."""

from typing import Annotated

from ksmcheck.lang import *

x: Annotated[int, Range(0, 3)]
seen: Ghost[Annotated[int, Range(0, 3)]]


@actor
def running() -> None:
    global x, seen
    if seen == 1:
        x = 1
    seen = x


scenario(question="?", kernel="", properties=[])
