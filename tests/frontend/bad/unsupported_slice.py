"""A slice."""

from typing import Annotated

from ksmcheck.lang import *

x: Annotated[int, Range(0, 3)]
cells: Annotated[Array[bool], Size(2)]


@actor
def running() -> None:
    global x
    x = 1
    y = cells[0:1]


scenario(question="?", kernel="", properties=[])
