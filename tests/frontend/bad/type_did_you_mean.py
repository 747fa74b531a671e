"""A misspelt struct."""

from typing import Annotated

from ksmcheck.lang import *

x: Annotated[int, Range(0, 3)]


@struct
class AnonVma:
    lock: SpinLock


@struct
class Page:
    mapping: AnonVm | None


@actor
def running() -> None:
    global x
    x = 1


scenario(question="?", kernel="", pools={AnonVma: 1, Page: 1}, properties=[])
