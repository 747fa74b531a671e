# expect: holds; check: lock-use
"""Read sections nest."""

from ksmcheck.lang import *

go: bool


@actor
def reader() -> None:
    rcu_read_lock()
    rcu_read_lock()
    rcu_read_unlock()
    rcu_read_unlock()


@actor
def writer() -> None:
    global go
    go = True


scenario(
    question="Does the check speak?",
    kernel="",
    properties=[],
    expected=[Expect(verdict="holds")],
)
