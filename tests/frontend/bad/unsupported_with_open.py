"""A with of something that is no lock."""

from typing import Annotated

from ksmcheck.lang import *

x: Annotated[int, Range(0, 3)]


@actor
def running() -> None:
    global x
    with open("file"):
        x = 1


scenario(question="?", kernel="", properties=[])
