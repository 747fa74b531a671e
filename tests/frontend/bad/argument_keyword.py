"""A keyword argument that does not exist."""

from typing import Annotated

from ksmcheck.lang import *

x: Annotated[int, Range(0, 3)]


@routine
def bump(by: Annotated[int, Range(0, 3)]) -> None:
    pass


@actor
def running() -> None:
    global x
    x = 1
    bump(bye=1)


scenario(question="?", kernel="", properties=[])
