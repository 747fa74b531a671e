# expect: KSM824; check: lock-use; depth: 3
"""The object goes away with its lock held."""

from ksmcheck.lang import *


@struct
class Node:
    lock: SpinLock


@actor
def freeing() -> None:
    node = alloc(Node)
    if node is not None:
        spin_lock(node.lock)
        free(node)


scenario(
    question="Does the check speak?",
    kernel="",
    pools={Node: 1},
    properties=[],
    expected=[Expect(verdict="violated", property="lock-use")],
)
