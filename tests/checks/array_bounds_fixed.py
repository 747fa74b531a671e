# expect: holds; check: out-of-range
"""The index is compared with the size before it is used."""

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
    if position < 2:
        cells[position] = True


scenario(
    question="Does the check speak?",
    kernel="",
    properties=[],
    expected=[Expect(verdict="holds")],
)
