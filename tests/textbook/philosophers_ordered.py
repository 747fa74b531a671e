"""Dining philosophers who take the fork of the lower number first, for one meal.

Question: does the order of the forks exclude the deadlock?
"""

from typing import Annotated

from ksmcheck.lang import *

fork: Annotated[Array[Mutex], Size(3)]


@actor(count=3)
def philosopher(me: Annotated[int, Range(0, 2)]) -> None:
    first = me if me < 2 else 0
    second = me + 1 if me < 2 else 2
    with mutex_lock(fork[first]):
        with mutex_lock(fork[second]):
            pass


scenario(
    question="Do three philosophers who respect an order of the forks always eat?",
    kernel="",
    properties=[],
    expected=[Expect(verdict="holds")],
)
