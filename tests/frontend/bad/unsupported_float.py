"""A number that is not whole."""

from typing import Annotated

from ksmcheck.lang import *

x: Annotated[int, Range(0, 3)]


@actor
def running() -> None:
    global x
    x = 1.5


scenario(question="?", kernel="", properties=[])
