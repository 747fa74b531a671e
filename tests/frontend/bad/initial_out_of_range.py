"""The initial value does not fit."""

from typing import Annotated

from ksmcheck.lang import *

x: Annotated[int, Range(0, 3)]
y: Annotated[int, Range(0, 2)] = 3


@actor
def running() -> None:
    global x
    x = 1


scenario(question="?", kernel="", properties=[])
