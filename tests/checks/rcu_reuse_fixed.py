# expect: holds; check: rcu-reuse
"""The memory comes back after a grace period."""

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
        if node is not None:
            node.value = 1


@actor
def replacer() -> None:
    global head
    node = head
    head = None
    synchronize_rcu()
    if node is not None:
        free(node)
    head = alloc(Node)


scenario(
    question="Does the check speak?",
    kernel="",
    pools={Node: 1},
    properties=[],
    expected=[Expect(verdict="holds")],
)
