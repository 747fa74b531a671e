"""Only a lock is held."""

from typing import Annotated

from ksmcheck.lang import *

x: Annotated[int, Range(0, 3)]


@actor
def running() -> None:
    global x
    assert held(x)
    x = 1


scenario(question="?", kernel="", properties=[])
