"""A break without a loop."""

from typing import Annotated

from ksmcheck.lang import *

x: Annotated[int, Range(0, 3)]


@actor
def running() -> None:
    global x
    x = 1
    if x == 1:
        return
    continue


scenario(question="?", kernel="", properties=[])
