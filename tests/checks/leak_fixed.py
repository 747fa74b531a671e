# expect: holds; check: leak
"""One object is freed, one is kept where it can be found."""

from ksmcheck.lang import *


@struct
class Node:
    value: bool


head: Node | None


@actor
def careful() -> None:
    global head
    node = alloc(Node)
    if node is not None:
        free(node)
    head = alloc(Node)


scenario(
    question="Does the check speak?",
    kernel="",
    pools={Node: 2},
    properties=[],
    expected=[Expect(verdict="holds")],
)
