# expect: KSM801; check: use-after-free; depth: 5
"""Nobody ever stores to the field, but the object that holds it goes away before it is read."""

from ksmcheck.lang import *


@struct
class Node:
    key: bool


head: Node | None
found: bool


@setup
def prepare() -> None:
    global head
    head = alloc(Node, key=True)


@actor
def reader() -> None:
    global found
    node = head
    if node is not None:
        found = node.key


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
