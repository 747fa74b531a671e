"""Formatted text."""

from typing import Annotated

from ksmcheck.lang import *

x: Annotated[int, Range(0, 3)]


@actor
def running() -> None:
    global x
    print(f"{x}")
    x = 1


scenario(question="?", kernel="", properties=[])
