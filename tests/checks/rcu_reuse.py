# expect: KSM861; check: rcu-reuse; depth: 5
"""The memory is somebody else's before the reader that saw it has left."""

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
    with rcu_read_lock():
        node = head
        again = head
        if again == node and again is not None:
            again = head


@actor
def replacer() -> None:
    global head
    node = head
    head = None
    if node is not None:
        free(node)
    head = alloc(Node)


scenario(
    question="Does the check speak?",
    kernel="",
    pools={Node: 1},
    properties=[],
    expected=[Expect(verdict="violated", property="rcu-reuse")],
)
