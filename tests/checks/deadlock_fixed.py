# expect: holds; check: deadlock
"""The wakeup stays."""

from ksmcheck.lang import *

go: bool


@actor
def sleeper() -> None:
    wait_until(go)


@actor
def waker() -> None:
    global go
    go = True


scenario(
    question="Does the check speak?",
    kernel="",
    properties=[],
    expected=[Expect(verdict="holds")],
)
