"""A property has no compiler that could load again."""

from typing import Annotated

from ksmcheck.lang import *

x: Annotated[int, Range(0, 3)]


@invariant(source="test")
def small() -> bool:
    """x is small."""
    return plain(x) < 3


@witness(small)
def one() -> bool:
    return x == 1


@actor
def running() -> None:
    global x
    x = 1


scenario(question="?", kernel="", properties=[small])
