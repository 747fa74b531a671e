"""An assignment inside an expression."""

from typing import Annotated

from ksmcheck.lang import *

x: Annotated[int, Range(0, 3)]


@actor
def running() -> None:
    global x
    if (y := x) == 1:
        x = y


scenario(question="?", kernel="", properties=[])
