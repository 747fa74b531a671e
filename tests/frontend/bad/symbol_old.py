"""A symbol of the state before."""

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


@step_property(source="an example")
def unchanged() -> bool:
    """It stays."""
    return old(a) == a


@witness(unchanged)
def unchanged_reached() -> bool:
    return x



@actor
def running() -> None:
    global x, a
    a = fresh(Content)
    x = True


scenario(question="?", kernel="", symbols={Content: 3}, properties=[unchanged])
