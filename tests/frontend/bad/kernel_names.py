"""Names of the kernel that the language spells otherwise."""

from ksmcheck.lang import *


@struct
class Node:
    dirty: bool


lock: SpinLock
head: Node | None


@routine(source="an example")
def replace() -> None:
    global head
    fresh = kmalloc(Node)
    old = READ_ONCE(head)
    spin_lock_irqsave(lock)
    BUG_ON(fresh is None)
    head = fresh
    smp_wmb()
    spin_unlock_irqrestore(lock)
    if old is not None:
        call_rcu(old)
    cond_resched()


@actor
def A() -> None:
    replace()


scenario(question="What are these called here?", pools={Node: 2})
