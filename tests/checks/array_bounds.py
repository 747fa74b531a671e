# expect: KSM891; check: out-of-range; depth: 3
"""The index moves past the end before it is used."""

from typing import Annotated

from ksmcheck.lang import *

cells: Annotated[Array[bool], Size(2)]
index: Annotated[int, Range(0, 2)]


@actor
def mover() -> None:
    global index
    index = 2


@actor
def user() -> None:
    position = index
    cells[position] = True


scenario(
    question="Does the check speak?",
    kernel="",
    properties=[],
    expected=[Expect(verdict="violated", property="out-of-range")],
)
