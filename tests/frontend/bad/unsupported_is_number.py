"""Identity of numbers."""

from typing import Annotated

from ksmcheck.lang import *

x: Annotated[int, Range(0, 3)]


@actor
def running() -> None:
    global x
    if x is 1:
        x = 2


scenario(question="?", kernel="", properties=[])
