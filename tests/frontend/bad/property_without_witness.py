"""A property that nobody can tell from a vacuous one."""

from typing import Annotated

from ksmcheck.lang import *

x: Annotated[int, Range(0, 3)]


@invariant(source="test")
def small() -> bool:
    """x is small."""
    return x < 3


@actor
def running() -> None:
    global x
    x = 1


scenario(question="?", kernel="", properties=[small])
