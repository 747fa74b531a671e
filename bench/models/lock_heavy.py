"""Five threads take locks of four kinds around small counters: mostly lock traffic.

Question: can two threads be inside the innermost lock?
Much like a kernel path: a page lock taken by trylock, a spinlock inside, a mutex outside, readers
of an rwsem. For measuring engines.
"""

from typing import Annotated

from ksmcheck.lang import *

mutex: Mutex
outer: SpinLock
inner: SpinLock
page_lock: BitLock
sem: RwSem
first: Annotated[int, Range(0, 7)]
second: Annotated[int, Range(0, 7)]
third: Annotated[int, Range(0, 15)]
inside: Ghost[Annotated[int, Range(0, 5)]]


@routine
def bump_first() -> None:
    global first
    with spin_lock(outer):
        with spin_lock(inner):
            value = first
            first = (value + 1) % 8


@routine
def bump_second() -> None:
    global second, inside
    with spin_lock(inner):
        inside += 1
        value = second
        second = (value + 1) % 8
        inside -= 1


@routine
def bump_third() -> None:
    global third
    if bit_trylock(page_lock):
        value = third
        third = (value + 1) % 16
        bit_unlock(page_lock)


@actor(daemon=True, count=3)
def reader(me: Annotated[int, Range(0, 2)]) -> None:
    while True:
        with down_read(sem):
            bump_second()
            bump_third()
        bump_first()


@actor(daemon=True, count=2)
def writer(me: Annotated[int, Range(0, 1)]) -> None:
    while True:
        with mutex_lock(mutex):
            bump_third()
            with down_write(sem):
                bump_first()
        bump_second()


@invariant(source="the definition of a spinlock")
def one_inside() -> bool:
    """At most one thread is between the lock and the unlock of `inner`."""
    return inside <= 1


@witness(one_inside)
def somebody_is_inside() -> bool:
    return inside == 1


scenario(
    question="Can two threads be inside the innermost lock?",
    kernel="",
    properties=[one_inside],
    expected=[Expect(verdict="holds")],
)
