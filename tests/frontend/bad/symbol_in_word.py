"""A symbol inside a word."""

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


class Entry(Word):
    """An entry."""


class Filled(Entry):
    """Something."""

    content: Content


entry: Entry



@actor
def running() -> None:
    global x
    x = True


scenario(question="?", kernel="", symbols={Content: 3}, properties=[])
