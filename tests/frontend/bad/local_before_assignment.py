"""A local that may have no value yet."""

from typing import Annotated

from ksmcheck.lang import *

x: Annotated[int, Range(0, 3)]


@actor
def running() -> None:
    global x
    if x == 1:
        y = 2
    x = y


scenario(question="?", kernel="", properties=[])
