"""A class that is no type of the language."""

from typing import Annotated

from ksmcheck.lang import *

x: Annotated[int, Range(0, 3)]


class Page:
    dirty: bool


@actor
def running() -> None:
    global x
    x = 1


scenario(question="?", kernel="", properties=[])
