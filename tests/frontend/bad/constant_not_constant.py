"""A constant computed from a variable."""

from typing import Annotated

from ksmcheck.lang import *

x: Annotated[int, Range(0, 3)]
LIMIT = x + 1


@actor
def running() -> None:
    global x
    x = 1


scenario(question="?", kernel="", properties=[])
