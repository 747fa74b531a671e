"""Three unsupported constructs in one routine: all are reported."""

from typing import Annotated

from ksmcheck.lang import *

x: Annotated[int, Range(0, 3)]


@actor
def running() -> None:
    global x
    f = lambda y: y
    y = [1, 2]
    del y
    x = 1


scenario(question="?", kernel="", properties=[])
