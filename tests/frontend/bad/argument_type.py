"""A reference where a bool is wanted."""

from typing import Annotated

from ksmcheck.lang import *

x: Annotated[int, Range(0, 3)]


@struct
class Page:
    dirty: bool
    mapcount: Annotated[int, Range(0, 3)]


page1 = instance(Page)


@routine
def bump(by: bool) -> None:
    global x
    if by:
        x = 2


@actor
def running() -> None:
    global x
    x = 1
    bump(page1)


scenario(question="?", kernel="", pools={Page: 1}, properties=[])
