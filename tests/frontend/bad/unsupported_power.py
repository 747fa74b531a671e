"""A power."""

from typing import Annotated

from ksmcheck.lang import *

x: Annotated[int, Range(0, 3)]


@actor
def running() -> None:
    global x
    x = 2 ** x


scenario(question="?", kernel="", properties=[])
