# expect: KSM851; check: data-race
"""A plain load and a plain store of one place, with nothing between them."""

from ksmcheck.lang import *

shared: bool
result: bool


@actor
def reader() -> None:
    global result
    seen = plain(shared)
    result = seen


@actor
def writer() -> None:
    plain_store(shared, True)


scenario(
    question="Does the check speak?",
    kernel="",
    properties=[],
    expected=[Expect(verdict="violated", property="data-race")],
)
