# expect: holds; check: lock-use
"""The lock is released before the object goes away."""

from ksmcheck.lang import *


@struct
class Node:
    lock: SpinLock


@actor
def freeing() -> None:
    node = alloc(Node)
    if node is not None:
        with spin_lock(node.lock):
            pass
        free(node)


scenario(
    question="Does the check speak?",
    kernel="",
    pools={Node: 1},
    properties=[],
    expected=[Expect(verdict="holds")],
)
