# expect: holds; check: null-dereference
"""The reader looks before it leaps."""

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
    if node is not None:
        node.value = True


scenario(
    question="Does the check speak?",
    kernel="",
    pools={Node: 1},
    properties=[],
    expected=[Expect(verdict="holds")],
)
