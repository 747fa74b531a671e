# expect: KSM842; check: deadlock; depth: 2
"""A wakeup that is taken back before the sleeper looked."""

from ksmcheck.lang import *

go: bool


@actor
def sleeper() -> None:
    wait_until(go)


@actor
def waker() -> None:
    global go
    go = True
    go = False


scenario(
    question="Does the check speak?",
    kernel="",
    properties=[],
    expected=[Expect(verdict="violated", property="deadlock")],
)
