"""A loop whose bound is not constant."""

from typing import Annotated

from ksmcheck.lang import *

x: Annotated[int, Range(0, 3)]


@actor
def running() -> None:
    global x
    for _ in range(x):
        x = 1


scenario(question="?", kernel="", properties=[])
