"""An actor's decorator has no such argument."""

from typing import Annotated

from ksmcheck.lang import *

x: Annotated[int, Range(0, 3)]


@actor(deamon=True)
def other() -> None:
    pass


@actor
def running() -> None:
    global x
    x = 1


scenario(question="?", kernel="", properties=[])
