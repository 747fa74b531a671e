"""A range that is no state of a model checker."""

from typing import Annotated

from ksmcheck.lang import *

x: Annotated[int, Range(0, 3)]
y: Annotated[int, Range(0, 100000)]


@actor
def running() -> None:
    global x
    x = 1


scenario(question="?", kernel="", properties=[])
