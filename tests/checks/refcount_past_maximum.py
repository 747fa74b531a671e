# expect: KSM812; check: refcount; depth: 2
"""One reference more than the counter can hold."""

from typing import Annotated

from ksmcheck.lang import *


@struct(permanent=True)
class Page:
    refcount: Annotated[Refcount, Max(2)]


page1 = instance(Page)


@setup
def prepare() -> None:
    refcount_set(page1.refcount, 1)


@actor(count=2)
def user(me: Annotated[int, Range(0, 1)]) -> None:
    refcount_inc(page1.refcount)


scenario(
    question="Does the check speak?",
    kernel="",
    pools={Page: 1},
    properties=[],
    expected=[Expect(verdict="violated", property="refcount")],
)
