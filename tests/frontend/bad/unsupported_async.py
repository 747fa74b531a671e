"""An asynchronous function."""

from typing import Annotated

from ksmcheck.lang import *

x: Annotated[int, Range(0, 3)]


@actor
async def other() -> None:
    pass


@actor
def running() -> None:
    global x
    x = 1


scenario(question="?", kernel="", properties=[])
