"""A number has no fields."""

from typing import Annotated

from ksmcheck.lang import *

x: Annotated[int, Range(0, 3)]


@actor
def running() -> None:
    global x
    x = x.value


scenario(question="?", kernel="", properties=[])
