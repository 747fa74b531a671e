# expect: KSM862; check: lock-use; depth: 1
"""A read section is left that was never entered."""

from ksmcheck.lang import *

go: bool


@actor
def reader() -> None:
    rcu_read_unlock()


scenario(
    question="Does the check speak?",
    kernel="",
    properties=[],
    expected=[Expect(verdict="violated", property="lock-use")],
)
