"""Two targets."""

from typing import Annotated

from ksmcheck.lang import *

x: Annotated[int, Range(0, 3)]


@actor
def running() -> None:
    global x
    y, z = 1, 2
    x = y


scenario(question="?", kernel="", properties=[])
