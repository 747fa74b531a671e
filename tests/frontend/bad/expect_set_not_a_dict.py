"""An expectation takes its parameters from a number."""

from typing import Annotated

from ksmcheck.lang import *

x: Annotated[int, Range(0, 3)]
LIMIT = 2


@actor
def running() -> None:
    global x
    x = 1


scenario(question="?", properties=[], expected=[Expect(verdict="holds", set=LIMIT)])
