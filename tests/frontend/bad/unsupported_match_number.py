"""A match on something that is no word."""

from typing import Annotated

from ksmcheck.lang import *

x: Annotated[int, Range(0, 3)]


@actor
def running() -> None:
    global x
    match x:
        case [1, 2]:
            x = 1


scenario(question="?", kernel="", properties=[])
