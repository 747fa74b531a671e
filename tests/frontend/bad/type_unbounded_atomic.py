"""An atomic counter without a maximum."""

from typing import Annotated

from ksmcheck.lang import *

x: Annotated[int, Range(0, 3)]
y: Atomic


@actor
def running() -> None:
    global x
    x = 1


scenario(question="?", kernel="", properties=[])
