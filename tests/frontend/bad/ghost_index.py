"""A ghost chooses the cell of a real store."""

from typing import Annotated

from ksmcheck.lang import *

x: Annotated[int, Range(0, 3)]
seen: Ghost[Annotated[int, Range(0, 3)]]
cells: Annotated[Array[bool], Size(4)]


@actor
def running() -> None:
    global x, seen
    cells[seen] = True
    seen = 1
    x = 1


scenario(question="?", kernel="", properties=[])
