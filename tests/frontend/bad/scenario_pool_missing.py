"""A struct whose pool has no size."""

from typing import Annotated

from ksmcheck.lang import *


@struct
class Page:
    dirty: bool


head: Page | None

x: Annotated[int, Range(0, 3)]


@actor
def running() -> None:
    global x
    x = 1


scenario(question="?", kernel="", properties=[])
