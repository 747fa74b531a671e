"""A pool of something that is no struct."""

from typing import Annotated

from ksmcheck.lang import *

x: Annotated[int, Range(0, 3)]


@actor
def running() -> None:
    global x
    x = 1


scenario(question="?", kernel="", pools={Pgae: 2}, properties=[])
