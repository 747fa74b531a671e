"""Two shared loads cannot be seen in one step."""

from typing import Annotated

from ksmcheck.lang import *

x: Annotated[int, Range(0, 3)]
y: bool


@actor
def other() -> None:
    global y
    y = True


@actor
def running() -> None:
    global x
    x = 1
    wait_until(x == 1 and y)


scenario(question="?", kernel="", properties=[])
