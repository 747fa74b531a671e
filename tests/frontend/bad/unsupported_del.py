"""Nothing is deleted."""

from typing import Annotated

from ksmcheck.lang import *

x: Annotated[int, Range(0, 3)]


@actor
def running() -> None:
    global x
    y = x
    del y


scenario(question="?", kernel="", properties=[])
