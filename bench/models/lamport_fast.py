"""Lamport's fast mutex: a process that is alone comes in by seven accesses.

Question: can two be inside, when every load and every store is a step of its own?
Nearly every step stores or loads what all share: there is little for a partial order reduction
that knows nothing of what a store makes of a property. For measuring reductions.
"""

from typing import Annotated

from ksmcheck.lang import *

COUNT = 4

turn: Annotated[int, Range(0, COUNT)]
gate: Annotated[int, Range(0, COUNT)]
trying: Annotated[Array[bool], Size(COUNT)]
inside: Ghost[Annotated[int, Range(0, COUNT)]]


@routine
def enter(me: Annotated[int, Range(0, COUNT - 1)]) -> None:
    """The number of nobody is 0, that of a process is one more than its place."""
    global turn, gate
    while True:
        trying[me] = True
        turn = me + 1
        if gate != 0:
            trying[me] = False
            wait_until(gate == 0)
            continue
        gate = me + 1
        if turn == me + 1:
            return
        trying[me] = False
        for other in range(COUNT):
            wait_until(not trying[other])
        if gate == me + 1:
            return
        wait_until(gate == 0)


@actor(daemon=True, count=COUNT)
def process(me: Annotated[int, Range(0, COUNT - 1)]) -> None:
    global gate, inside
    while True:
        enter(me)
        inside += 1
        gate = 0
        inside -= 1
        trying[me] = False


@invariant(source="Lamport 1987, A fast mutual exclusion algorithm")
def mutual_exclusion() -> bool:
    """At most one process is inside the critical section."""
    return inside <= 1


@witness(mutual_exclusion)
def somebody_is_inside() -> bool:
    return inside == 1


scenario(
    question="Can two of four processes be inside the critical section at once?",
    kernel="",
    properties=[mutual_exclusion],
    expected=[Expect(verdict="holds")],
)
