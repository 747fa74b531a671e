"""Code at the top of a model file."""

from typing import Annotated

from ksmcheck.lang import *

x: Annotated[int, Range(0, 3)]
for i in range(3):
    x = i


@actor
def running() -> None:
    global x
    x = 1


scenario(question="?", kernel="", properties=[])
