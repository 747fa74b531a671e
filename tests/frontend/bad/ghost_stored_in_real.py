"""A ghost's value goes into a real variable."""

from typing import Annotated

from ksmcheck.lang import *

x: Annotated[int, Range(0, 3)]
seen: Ghost[Annotated[int, Range(0, 3)]]


@actor
def running() -> None:
    global x, seen
    x = seen
    seen = 1


scenario(question="?", kernel="", properties=[])
