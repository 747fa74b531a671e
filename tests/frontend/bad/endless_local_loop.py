"""A loop that never touches shared memory never ends."""

from typing import Annotated

from ksmcheck.lang import *

x: Annotated[int, Range(0, 3)]


@actor
def running() -> None:
    global x
    x = 1
    while True:
        pass


scenario(question="?", kernel="", properties=[])
