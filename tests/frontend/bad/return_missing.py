"""A routine that forgets its result on one way."""

from typing import Annotated

from ksmcheck.lang import *

x: Annotated[int, Range(0, 3)]


@routine
def pick() -> Annotated[int, Range(0, 3)]:
    if x == 1:
        return 2


@actor
def running() -> None:
    global x
    x = pick()


scenario(question="?", kernel="", properties=[])
