"""A struct with a base class."""

from typing import Annotated

from ksmcheck.lang import *

x: Annotated[int, Range(0, 3)]


@struct
class Page:
    dirty: bool


@struct
class HugePage(Page):
    size: bool


@actor
def running() -> None:
    global x
    x = 1


scenario(question="?", kernel="", pools={Page: 1}, properties=[])
