"""A routine with any number of arguments."""

from typing import Annotated

from ksmcheck.lang import *

x: Annotated[int, Range(0, 3)]


@routine
def other(*pages: bool) -> None:
    pass


@actor
def running() -> None:
    global x
    x = 1


scenario(question="?", kernel="", properties=[])
