"""alloc of a field that the struct does not have."""

from typing import Annotated

from ksmcheck.lang import *

x: Annotated[int, Range(0, 3)]


@struct
class Page:
    dirty: bool
    mapcount: Annotated[int, Range(0, 3)]


@actor
def running() -> None:
    global x
    x = 1
    page = alloc(Page, clean=True)
    if page is not None:
        free(page)


scenario(question="?", kernel="", pools={Page: 1}, properties=[])
