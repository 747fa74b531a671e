"""Three philosophers who all take the left fork first.

Question: can all of them wait forever?
"""

from typing import Annotated

from ksmcheck.lang import *

forks: Annotated[Array[Mutex], Size(3)]


@actor(count=3)
def philosopher(me: Annotated[int, Range(0, 2)]) -> None:
    mutex_lock(forks[me])
    mutex_lock(forks[(me + 1) % 3])
    mutex_unlock(forks[(me + 1) % 3])
    mutex_unlock(forks[me])


scenario(
    question="Can all of them wait forever?",
    kernel="",
    properties=[],
    expected=[Expect(verdict="violated", property="deadlock")],
)
