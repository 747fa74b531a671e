"""A shared variable assigned without a global statement."""

from typing import Annotated

from ksmcheck.lang import *

x: Annotated[int, Range(0, 3)]


@actor
def running() -> None:
    x = 1


scenario(question="?", kernel="", properties=[])
