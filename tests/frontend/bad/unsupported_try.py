"""Exceptions do not exist here."""

from typing import Annotated

from ksmcheck.lang import *

x: Annotated[int, Range(0, 3)]


@actor
def running() -> None:
    global x
    try:
        x = 1
    except ValueError:
        pass


scenario(question="?", kernel="", properties=[])
