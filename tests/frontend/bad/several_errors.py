"""Four faults in four places: all are reported at once."""

from typing import Annotated

from ksmcheck.lang import *

x: Annotated[int, Range(0, 3)]
y: Boolean


@actor
def one() -> None:
    global x
    x = 4
    z = lenght


@actor
def two() -> None:
    try:
        pass
    except ValueError:
        pass


scenario(question="?", kernel="", properties=[])
