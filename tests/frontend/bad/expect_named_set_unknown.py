"""A set of parameters names one that does not exist."""

from typing import Annotated

from ksmcheck.lang import *

x: Annotated[int, Range(0, 3)]
limit = parameter(2, "how many", at_least=1, at_most=3)
SMALL = {"limt": 1}


@actor
def running() -> None:
    global x
    x = 1


scenario(question="?", properties=[], expected=[Expect(verdict="holds", set=SMALL)])
