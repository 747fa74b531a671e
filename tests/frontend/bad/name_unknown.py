"""A misspelt name."""

from typing import Annotated

from ksmcheck.lang import *

x: Annotated[int, Range(0, 3)]
length: Annotated[int, Range(0, 3)]


@actor
def running() -> None:
    global x
    x = lenght


scenario(question="?", kernel="", properties=[])
