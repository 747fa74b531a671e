"""Three unknown names in one routine: all are reported."""

from typing import Annotated

from ksmcheck.lang import *

x: Annotated[int, Range(0, 3)]
length: Annotated[int, Range(0, 3)]
width: Annotated[int, Range(0, 3)]


@actor
def running() -> None:
    global x
    x = lenght
    x = widht
    spin_lok(heigth)


scenario(question="?", kernel="", properties=[])
