# expect: holds; check: out-of-range
"""The counter is large enough."""

from typing import Annotated

from ksmcheck.lang import *

counter: Annotated[int, Range(0, 2)]


@actor(count=2)
def counting(me: Annotated[int, Range(0, 1)]) -> None:
    fetch_add(counter, 1)


scenario(
    question="Does the check speak?",
    kernel="",
    properties=[],
    expected=[Expect(verdict="holds")],
)
