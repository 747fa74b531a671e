# expect: KSM803; check: null-dereference; depth: 2
"""The reader does not look whether there is anything yet."""

from ksmcheck.lang import *


@struct
class Node:
    value: bool


first = instance(Node)
published: Node | None


@actor
def publisher() -> None:
    global published
    published = first


@actor
def reader() -> None:
    node = published
    node.value = True  # type: ignore[union-attr]


scenario(
    question="Does the check speak?",
    kernel="",
    pools={Node: 1},
    properties=[],
    expected=[Expect(verdict="violated", property="null-dereference")],
)
