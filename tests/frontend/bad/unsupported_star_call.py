"""Arguments from a tuple."""

from typing import Annotated

from ksmcheck.lang import *

x: Annotated[int, Range(0, 3)]


@actor
def running() -> None:
    global x
    x = 1
    spin_lock(*x)


scenario(question="?", kernel="", properties=[])
