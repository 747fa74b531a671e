"""A colon is missing."""

from typing import Annotated

from ksmcheck.lang import *

x: Annotated[int, Range(0, 3)]


@actor
def running() -> None
    pass


scenario(question="?", kernel="", properties=[])
