"""An enum with something else than members."""

from typing import Annotated

from ksmcheck.lang import *

x: Annotated[int, Range(0, 3)]


class Fault(Enum):
    DONE = 0

    def ok(self) -> bool:
        return True


@actor
def running() -> None:
    global x
    x = 1


scenario(question="?", kernel="", properties=[])
