"""The same name twice."""

from typing import Annotated

from ksmcheck.lang import *

x: Annotated[int, Range(0, 3)]
x: bool


@actor
def running() -> None:
    global x
    x = 1


scenario(question="?", kernel="", properties=[])
