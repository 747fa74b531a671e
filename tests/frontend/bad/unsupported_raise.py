"""Exceptions do not exist here."""

from typing import Annotated

from ksmcheck.lang import *

x: Annotated[int, Range(0, 3)]


@actor
def running() -> None:
    global x
    x = 1
    raise ValueError


scenario(question="?", kernel="", properties=[])
