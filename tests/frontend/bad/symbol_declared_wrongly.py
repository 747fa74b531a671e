"""Domains and functions that are declared wrongly."""

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


@uninterpreted
def both(one: Content, other: Content) -> Checksum: ...


@routine
def make() -> Content:
    return fresh(4)


@routine
def write() -> Content:
    return constant(Content, 3)


@routine
def sign() -> bool:
    return memcmp(k, m) == 0


@routine
def decide() -> bool:
    if a:
        return True
    return False



@actor
def running() -> None:
    global x
    x = True


scenario(question="?", kernel="", symbols={Content: 13}, properties=[])
