"""Peterson's algorithm for two: at most one is inside the critical section.

Question: can both be inside, when the two loads of the waiting condition are two steps?
"""

from typing import Annotated

from ksmcheck.lang import *

flag: Annotated[Array[bool], Size(2)]
turn: Annotated[int, Range(0, 1)]
inside: Ghost[Annotated[int, Range(0, 2)]]


@actor(daemon=True, count=2)
def process(me: Annotated[int, Range(0, 1)]) -> None:
    global turn, inside
    while True:
        flag[me] = True
        turn = 1 - me
        while flag[1 - me] and turn == 1 - me:
            pass
        inside += 1
        flag[me] = False
        inside -= 1


@invariant(source="Peterson 1981, Myths about the mutual exclusion problem")
def mutual_exclusion() -> bool:
    """At most one process is inside the critical section."""
    return inside <= 1


@witness(mutual_exclusion)
def somebody_is_inside() -> bool:
    return inside == 1


scenario(
    question="Can two processes be inside the critical section at once?",
    kernel="",
    properties=[mutual_exclusion],
    expected=[Expect(verdict="holds")],
)
