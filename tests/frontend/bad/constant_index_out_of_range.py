"""A constant index past the end."""

from typing import Annotated

from ksmcheck.lang import *

x: Annotated[int, Range(0, 3)]
cells: Annotated[Array[bool], Size(2)]


@actor
def running() -> None:
    global x
    cells[2] = True


scenario(question="?", kernel="", properties=[])
