"""The filter lock for five: Peterson's algorithm with four levels to pass.

Question: can two be inside, when every load of the waiting conditions is a step of its own?
A mutual-exclusion model of 23 million states, for measuring engines.
"""

from typing import Annotated

from ksmcheck.lang import *

level: Annotated[Array[Annotated[int, Range(0, 4)]], Size(5)]
victim: Annotated[Array[Annotated[int, Range(0, 4)]], Size(4)]
inside: Ghost[Annotated[int, Range(0, 4)]]


@actor(daemon=True, count=5)
def process(me: Annotated[int, Range(0, 4)]) -> None:
    global inside
    while True:
        for goal in range(1, 5):
            level[me] = goal
            victim[goal - 1] = me
            for other in range(5):
                if other != me:
                    while level[other] >= goal and victim[goal - 1] == me:
                        pass
        inside += 1
        level[me] = 0
        inside -= 1


@invariant(source="Peterson 1981, Myths about the mutual exclusion problem")
def mutual_exclusion() -> bool:
    """At most one process is inside the critical section."""
    return inside <= 1


@witness(mutual_exclusion)
def somebody_is_inside() -> bool:
    return inside == 1


scenario(
    question="Can two of five processes be inside the critical section at once?",
    kernel="",
    properties=[mutual_exclusion],
    expected=[Expect(verdict="holds")],
)
