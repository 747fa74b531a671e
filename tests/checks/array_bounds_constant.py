# expect: KSM891; check: out-of-range; depth: 2
"""The index is a constant that comes in as an argument."""

from typing import Annotated

from ksmcheck.lang import *

cells: Annotated[Array[bool], Size(2)]


@routine
def mark(position: Annotated[int, Range(0, 3)]) -> None:
    cells[position] = True


@actor
def user() -> None:
    mark(1)
    mark(2)


scenario(
    question="Does the check speak?",
    kernel="",
    properties=[],
    expected=[Expect(verdict="violated", property="out-of-range")],
)
