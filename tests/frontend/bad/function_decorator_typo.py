"""A misspelt decorator."""

from typing import Annotated

from ksmcheck.lang import *

x: Annotated[int, Range(0, 3)]


@rutine
def helper() -> None:
    pass


@actor
def running() -> None:
    global x
    x = 1


scenario(question="?", kernel="", properties=[])
