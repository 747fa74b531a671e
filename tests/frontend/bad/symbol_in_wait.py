"""A wait that a symbol decides."""

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



@actor
def running() -> None:
    global x
    wait_until(a == b)
    x = True


scenario(question="?", kernel="", symbols={Content: 3}, properties=[])
