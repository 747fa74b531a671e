"""An atomic counter is changed by its primitives only."""

from typing import Annotated

from ksmcheck.lang import *

x: Annotated[int, Range(0, 3)]
count: Annotated[Atomic, Max(3)]


@actor
def running() -> None:
    global x, count
    x = 1
    count = 2


scenario(question="?", kernel="", properties=[])
