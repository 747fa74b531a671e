"""The initial value is of another type."""

from typing import Annotated

from ksmcheck.lang import *

x: Annotated[int, Range(0, 3)]
y: bool = 3


@actor
def running() -> None:
    global x
    x = 1


scenario(question="?", kernel="", properties=[])
