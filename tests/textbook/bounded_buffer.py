"""A bounded buffer of two slots: two producers, one consumer, two semaphores and a spinlock.

Question: does the consumer ever find an empty slot?
"""

from typing import Annotated

from ksmcheck.lang import *

CAPACITY = 2

slots: Annotated[Array[Annotated[int, Range(0, 2)]], Size(CAPACITY)]
head: Annotated[int, Range(0, CAPACITY - 1)]
tail: Annotated[int, Range(0, CAPACITY - 1)]
empty: Annotated[int, Range(0, CAPACITY)] = CAPACITY
full: Annotated[int, Range(0, CAPACITY)]
lock: SpinLock


@actor(daemon=True, count=2)
def producer(me: Annotated[int, Range(0, 1)]) -> None:
    global empty, tail
    while True:
        with atomic("down(&empty)"):
            wait_until(empty > 0)
            empty -= 1
        with spin_lock(lock):
            position = tail
            slots[position] = me + 1
            tail = (position + 1) % CAPACITY
        fetch_add(full, 1)


@actor(daemon=True)
def consumer() -> None:
    global full, head
    while True:
        with atomic("down(&full)"):
            wait_until(full > 0)
            full -= 1
        with spin_lock(lock):
            position = head
            item = slots[position]
            assert item != 0, "the consumer found an empty slot"
            slots[position] = 0
            head = (position + 1) % CAPACITY
        fetch_add(empty, 1)


@invariant(source="Dijkstra 1965, Cooperating sequential processes")
def conserved() -> bool:
    """The two semaphores never promise more slots than there are."""
    return empty + full <= CAPACITY


@witness(conserved)
def buffer_full() -> bool:
    return full == CAPACITY


scenario(
    question="Does the consumer of a bounded buffer ever find an empty slot?",
    kernel="",
    properties=[conserved],
    expected=[Expect(verdict="holds")],
)
