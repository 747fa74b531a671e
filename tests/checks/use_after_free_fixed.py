# expect: holds; check: use-after-free
"""The reader holds the lock under which the remover unlinks."""

from typing import Annotated

from ksmcheck.lang import *


@struct
class Node:
    value: Annotated[int, Range(0, 1)]


head: Node | None
lock: SpinLock


@setup
def prepare() -> None:
    global head
    head = alloc(Node)


@actor
def reader() -> None:
    with spin_lock(lock):
        node = head
        if node is not None:
            node.value = 1


@actor
def remover() -> None:
    global head
    with spin_lock(lock):
        node = head
        head = None
    if node is not None:
        free(node)


scenario(
    question="Does the check speak?",
    kernel="",
    pools={Node: 1},
    properties=[],
    expected=[Expect(verdict="holds")],
)
