"""A function without a part to play."""

from typing import Annotated

from ksmcheck.lang import *

x: Annotated[int, Range(0, 3)]


def helper() -> None:
    pass


@actor
def running() -> None:
    global x
    x = 1


scenario(question="?", kernel="", properties=[])
