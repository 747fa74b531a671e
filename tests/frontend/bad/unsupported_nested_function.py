"""A function inside a function."""

from typing import Annotated

from ksmcheck.lang import *

x: Annotated[int, Range(0, 3)]


@actor
def running() -> None:
    global x
    def inner() -> None:
        pass
    
    x = 1


scenario(question="?", kernel="", properties=[])
