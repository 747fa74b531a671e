"""An expression whose value nobody takes."""

from typing import Annotated

from ksmcheck.lang import *

x: Annotated[int, Range(0, 3)]


@actor
def running() -> None:
    global x
    x = 1
    x == 2


scenario(question="?", kernel="", properties=[])
