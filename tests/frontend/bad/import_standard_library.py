"""Nothing is executed, so nothing can be imported from elsewhere."""

from random import randint
from typing import Annotated

from ksmcheck.lang import *

x: Annotated[int, Range(0, 3)]


@actor
def running() -> None:
    global x
    x = 1


scenario(question="?", kernel="", properties=[])
