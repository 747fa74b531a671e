"""An else of a loop."""

from typing import Annotated

from ksmcheck.lang import *

x: Annotated[int, Range(0, 3)]


@actor
def running() -> None:
    global x
    while x < 1:
        x = 1
    else:
        x = 2


scenario(question="?", kernel="", properties=[])
