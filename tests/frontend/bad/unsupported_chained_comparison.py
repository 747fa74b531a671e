"""Two comparisons at once."""

from typing import Annotated

from ksmcheck.lang import *

x: Annotated[int, Range(0, 3)]


@actor
def running() -> None:
    global x
    if 0 < x < 2:
        x = 1


scenario(question="?", kernel="", properties=[])
