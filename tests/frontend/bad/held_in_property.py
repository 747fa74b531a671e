"""A property belongs to no actor."""

from typing import Annotated

from ksmcheck.lang import *

x: Annotated[int, Range(0, 3)]
lock: SpinLock


@invariant(source="test")
def is_held() -> bool:
    """The lock is held."""
    return held(lock)


@witness(is_held)
def one() -> bool:
    return x == 1


@actor
def running() -> None:
    global x
    x = 1


scenario(question="?", kernel="", properties=[is_held])
