"""A parameter of a routine without a type."""

from typing import Annotated

from ksmcheck.lang import *

x: Annotated[int, Range(0, 3)]


@routine
def bump(by) -> None:
    pass


@actor
def running() -> None:
    global x
    x = 1
    bump(1)


scenario(question="?", kernel="", properties=[])
