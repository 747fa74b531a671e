# expect: KSM824; check: lock-use; depth: 5; silenced: KSM801
"""The slab is type-stable, but nothing keeps the slab for who holds the lock."""

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
        with spin_lock(node.lock):
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
    expected=[Expect(verdict="violated", property="lock-use")],
)
