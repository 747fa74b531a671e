"""Two witnesses of one property: which one must be reached?"""

from typing import Annotated

from ksmcheck.lang import *

x: Annotated[int, Range(0, 3)]


@actor
def A() -> None:
    global x
    x = 1


@invariant(source="a test")
def small() -> bool:
    """x is small."""
    return x < 3


@witness(small)
def one() -> bool:
    return x == 1


@witness(small)
def zero() -> bool:
    return x == 0


scenario(question="?", properties=[small])
