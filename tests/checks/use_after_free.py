# expect: KSM801; check: use-after-free; depth: 5
"""The reader keeps a pointer that the remover frees."""

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


@actor
def reader() -> None:
    node = head
    if node is not None:
        node.value = 1


@actor
def remover() -> None:
    global head
    node = head
    head = None
    if node is not None:
        free(node)


scenario(
    question="Does the check speak?",
    kernel="",
    pools={Node: 1},
    properties=[],
    expected=[Expect(verdict="violated", property="use-after-free")],
)
