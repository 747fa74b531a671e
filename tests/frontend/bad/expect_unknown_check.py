"""An expectation switches off a check that does not exist."""

from typing import Annotated

from ksmcheck.lang import *

x: Annotated[int, Range(0, 3)]


@actor
def running() -> None:
    global x
    x = 1


scenario(question="?", properties=[], expected=[Expect(verdict="holds", disable_checks=["leaks"])])
