"""A string is no type of a model."""

from typing import Annotated

from ksmcheck.lang import *

x: Annotated[int, Range(0, 3)]
y: str


@actor
def running() -> None:
    global x
    x = 1


scenario(question="?", kernel="", properties=[])
