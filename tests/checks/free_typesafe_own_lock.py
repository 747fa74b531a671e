# expect: KSM824; check: lock-use; depth: 3
"""An RCU section does not excuse who frees what it has locked itself."""

from ksmcheck.lang import *


@struct(typesafe_by_rcu=True)
class Node:
    lock: SpinLock


@actor
def freeing() -> None:
    node = alloc(Node)
    if node is not None:
        with rcu_read_lock():
            spin_lock(node.lock)
            free(node)


scenario(
    question="Does the check speak?",
    kernel="",
    pools={Node: 1},
    properties=[],
    expected=[Expect(verdict="violated", property="lock-use")],
)
