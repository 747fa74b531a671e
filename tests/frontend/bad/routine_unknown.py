"""A call of a routine that does not exist."""

from typing import Annotated

from ksmcheck.lang import *

x: Annotated[int, Range(0, 3)]


@routine
def bump() -> None:
    global x
    x = 2


@actor
def running() -> None:
    global x
    x = 1
    bunp()


scenario(question="?", kernel="", properties=[])
