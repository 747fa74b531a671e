"""An atomic block says why."""

from typing import Annotated

from ksmcheck.lang import *

x: Annotated[int, Range(0, 3)]


@actor
def running() -> None:
    global x
    with atomic():
        x = 1


scenario(question="?", kernel="", properties=[])
