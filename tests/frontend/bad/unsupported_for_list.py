"""A loop over something that is no range and no pool."""

from typing import Annotated

from ksmcheck.lang import *

x: Annotated[int, Range(0, 3)]


@actor
def running() -> None:
    global x
    for y in (1, 2):
        x = y


scenario(question="?", kernel="", properties=[])
