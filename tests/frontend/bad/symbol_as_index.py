"""A symbol as an index, and in a set."""

from typing import Annotated

from ksmcheck.lang import *


class Content(OrderedSymbol):
    """What a page holds."""


class Checksum(Symbol):
    """Of a page."""


a: Content
b: Content
k: Checksum
m: Checksum
x: bool

cells: Annotated[Array[bool], Size(3)]
some: Set[Content]


@routine
def look() -> bool:
    return cells[a]



@actor
def running() -> None:
    global x
    x = True


scenario(question="?", kernel="", symbols={Content: 3}, properties=[])
