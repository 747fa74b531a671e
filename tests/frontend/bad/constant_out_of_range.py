"""A constant that does not fit where it is stored."""

from typing import Annotated

from ksmcheck.lang import *

x: Annotated[int, Range(0, 3)]


@actor
def running() -> None:
    global x
    x = 4


scenario(question="?", kernel="", properties=[])
