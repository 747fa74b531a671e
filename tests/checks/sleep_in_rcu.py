# expect: KSM832; check: sleep-in-atomic; depth: 1
"""A mutex is taken inside an RCU read section."""

from ksmcheck.lang import *

mutex: Mutex


@actor
def sleeper() -> None:
    with rcu_read_lock():
        with mutex_lock(mutex):
            pass


scenario(
    question="Does the check speak?",
    kernel="",
    properties=[],
    expected=[Expect(verdict="violated", property="sleep-in-atomic")],
)
