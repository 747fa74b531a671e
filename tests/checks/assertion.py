# expect: KSM881; check: assertion; depth: 2
"""The assertion looks after the other has set the flag."""

from ksmcheck.lang import *

flag: bool


@actor
def setter() -> None:
    global flag
    flag = True


@actor
def asserting() -> None:
    assert not flag, "the flag is set"


scenario(
    question="Does the check speak?",
    kernel="",
    properties=[],
    expected=[Expect(verdict="violated", property="assertion")],
)
