"""A routine that returns something else than it says."""

from typing import Annotated

from ksmcheck.lang import *

x: Annotated[int, Range(0, 3)]


@struct
class Page:
    dirty: bool
    mapcount: Annotated[int, Range(0, 3)]


page1 = instance(Page)


@routine
def pick() -> bool:
    return page1


@actor
def running() -> None:
    global x
    x = 1
    if pick():
        x = 2


scenario(question="?", kernel="", pools={Page: 1}, properties=[])
