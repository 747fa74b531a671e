"""No file declares an option."""

from typing import Annotated

from ksmcheck.lang import *

x: Annotated[int, Range(0, 3)]


@actor
def running() -> None:
    global x
    if configured("CONFIG_KSM"):
        x = 1


scenario(question="?", kernel="", properties=[])
