"""A division with a fraction."""

from typing import Annotated

from ksmcheck.lang import *

x: Annotated[int, Range(0, 3)]


@actor
def running() -> None:
    global x
    x = x / 2


scenario(question="?", kernel="", properties=[])
