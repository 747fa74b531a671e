"""A loop in an atomic block need not end."""

from typing import Annotated

from ksmcheck.lang import *

x: Annotated[int, Range(0, 3)]


@actor
def running() -> None:
    global x
    with atomic("reason"):
        while x < 3:
            x = x + 1


scenario(question="?", kernel="", properties=[])
