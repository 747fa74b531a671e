# expect: holds; check: lock-use
"""The slab is type-stable, and an RCU section keeps it for who holds the lock."""

from ksmcheck.lang import *


@struct(typesafe_by_rcu=True)
class Node:
    lock: SpinLock


head: Node | None
taken: bool


@setup
def prepare() -> None:
    global head
    head = alloc(Node)


@actor
def walking() -> None:
    global taken
    node = head
    if node is not None:
        with rcu_read_lock(), spin_lock(node.lock):
            taken = True


@actor
def freeing() -> None:
    wait_until(taken)
    node = head
    if node is not None:
        free(node)


scenario(
    question="Does the check speak?",
    kernel="",
    pools={Node: 1},
    properties=[],
    expected=[Expect(verdict="holds")],
)
