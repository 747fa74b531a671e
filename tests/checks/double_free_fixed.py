# expect: holds; check: double-free
"""Only the one who unlinks the object frees it."""

from typing import Annotated

from ksmcheck.lang import *


@struct
class Node:
    value: Annotated[int, Range(0, 1)]


head: Node | None


@setup
def prepare() -> None:
    global head
    head = alloc(Node)


@actor(count=2)
def remover(me: Annotated[int, Range(0, 1)]) -> None:
    node = xchg(head, None)
    if node is not None:
        free(node)


scenario(
    question="Does the check speak?",
    kernel="",
    pools={Node: 1},
    properties=[],
    expected=[Expect(verdict="holds")],
)
