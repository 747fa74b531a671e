# expect: KSM804; check: out-of-range; depth: 2
"""The second increment does not fit into the counter."""

from typing import Annotated

from ksmcheck.lang import *

counter: Annotated[int, Range(0, 1)]


@actor(count=2)
def counting(me: Annotated[int, Range(0, 1)]) -> None:
    fetch_add(counter, 1)


scenario(
    question="Does the check speak?",
    kernel="",
    properties=[],
    expected=[Expect(verdict="violated", property="out-of-range")],
)
