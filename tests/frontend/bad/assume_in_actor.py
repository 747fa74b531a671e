"""Assuming would make runs of an actor vanish."""

from typing import Annotated

from ksmcheck.lang import *

x: Annotated[int, Range(0, 3)]


@routine
def small() -> None:
    assume(x < 2)


@actor
def running() -> None:
    global x
    small()
    x = 1


scenario(question="?", kernel="", properties=[])
