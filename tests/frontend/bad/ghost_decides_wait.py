"""A ghost decides when an actor goes on."""

from typing import Annotated

from ksmcheck.lang import *

x: Annotated[int, Range(0, 3)]
seen: Ghost[Annotated[int, Range(0, 3)]]


@actor
def running() -> None:
    global x, seen
    x = 1
    seen = 1
    wait_until(seen == 1)


scenario(question="?", kernel="", properties=[])
