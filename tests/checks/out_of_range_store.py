# expect: KSM804; check: out-of-range; depth: 4
"""A store of a sum that is too large: load, load, store by one, then the other."""

from typing import Annotated

from ksmcheck.lang import *

counter: Annotated[int, Range(0, 1)]


@actor(count=2)
def counting(me: Annotated[int, Range(0, 1)]) -> None:
    global counter
    counter = counter + 1


scenario(
    question="Does the check speak?",
    kernel="",
    properties=[],
    expected=[Expect(verdict="violated", property="out-of-range")],
)
