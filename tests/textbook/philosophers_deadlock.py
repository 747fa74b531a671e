"""Dining philosophers who all reach for the left fork first.

Question: can all three starve?
"""

from typing import Annotated

from ksmcheck.lang import *

fork: Annotated[Array[Mutex], Size(3)]


@actor(count=3)
def philosopher(me: Annotated[int, Range(0, 2)]) -> None:
    while True:
        with mutex_lock(fork[me]):
            with mutex_lock(fork[(me + 1) % 3]):
                pass


scenario(
    question="Can three philosophers, each with the left fork in hand, wait for ever?",
    kernel="",
    properties=[],
    expected=[Expect(verdict="violated", property="deadlock")],
)
