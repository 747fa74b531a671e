# expect: KSM804; check: out-of-range; depth: 1
"""A local that was declared with a range leaves it."""

from typing import Annotated

from ksmcheck.lang import *

counter: Annotated[int, Range(0, 3)] = 1


@actor
def counting() -> None:
    global counter
    left: Annotated[int, Range(0, 3)] = 0
    left -= counter
    counter = left


scenario(
    question="Does the check speak?",
    kernel="",
    properties=[],
    expected=[Expect(verdict="violated", property="out-of-range")],
)
