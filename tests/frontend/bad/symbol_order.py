"""Order and arithmetic that a domain does not have."""

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


@routine
def compare() -> bool:
    return k < m


@routine
def add() -> Content:
    return a + b


@routine
def mixed() -> bool:
    return a == k


@routine
def exchanged() -> Content:
    return cmpxchg(a, a, b)



@actor
def running() -> None:
    global x
    x = True


scenario(question="?", kernel="", symbols={Content: 3}, properties=[])
