"""A constant divided by zero."""

from typing import Annotated

from ksmcheck.lang import *

x: Annotated[int, Range(0, 3)]
LIMIT = 4 // 0


@actor
def running() -> None:
    global x
    x = 1


scenario(question="?", kernel="", properties=[])
