"""A routine that calls itself through another."""

from typing import Annotated

from ksmcheck.lang import *

x: Annotated[int, Range(0, 3)]


@routine
def even() -> None:
    odd()


@routine
def odd() -> None:
    even()


@actor
def running() -> None:
    global x
    x = 1
    even()


scenario(question="?", kernel="", properties=[])
