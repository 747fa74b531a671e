"""A comprehension in a routine."""

from typing import Annotated

from ksmcheck.lang import *

x: Annotated[int, Range(0, 3)]


@actor
def running() -> None:
    global x
    x = sum(1 for _ in range(3))
    y = [i for i in range(3)]


scenario(question="?", kernel="", properties=[])
