"""An anonymous function."""

from typing import Annotated

from ksmcheck.lang import *

x: Annotated[int, Range(0, 3)]


@actor
def running() -> None:
    global x
    f = lambda y: y
    x = f(1)


scenario(question="?", kernel="", properties=[])
