"""The kernel cannot ask whether an object is allocated."""

from typing import Annotated

from ksmcheck.lang import *

x: Annotated[int, Range(0, 3)]


@struct
class Page:
    dirty: bool
    mapcount: Annotated[int, Range(0, 3)]


page1 = instance(Page)


@actor
def running() -> None:
    global x
    if is_live(page1):
        x = 1


scenario(question="?", kernel="", pools={Page: 1}, properties=[])
