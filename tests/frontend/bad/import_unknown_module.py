"""The module does not exist."""

from typing import Annotated

from ksmcheck.lang import *
from models.kernel.memroy import do_swap_page

x: Annotated[int, Range(0, 3)]


@actor
def running() -> None:
    global x
    x = 1


scenario(question="?", kernel="", properties=[])
