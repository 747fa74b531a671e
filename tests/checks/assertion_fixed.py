# expect: holds; check: assertion
"""The assertion is true whenever it looks."""

from ksmcheck.lang import *

flag: bool


@actor
def setter() -> None:
    global flag
    flag = True


@actor
def asserting() -> None:
    wait_until(flag)
    assert flag, "the flag is not set"


scenario(
    question="Does the check speak?",
    kernel="",
    properties=[],
    expected=[Expect(verdict="holds")],
)
