# expect: KSM871; check: leak; depth: 1
"""The only pointer to the object is forgotten."""

from ksmcheck.lang import *


@struct
class Node:
    value: bool


@actor
def forgetful() -> None:
    alloc(Node)


scenario(
    question="Does the check speak?",
    kernel="",
    pools={Node: 1},
    properties=[],
    expected=[Expect(verdict="violated", property="leak")],
)
