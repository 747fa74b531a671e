# expect: KSM811; check: refcount; depth: 2
"""Two references are dropped where one was held."""

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
    refcount_dec(page1.refcount)


scenario(
    question="Does the check speak?",
    kernel="",
    pools={Page: 1},
    properties=[],
    expected=[Expect(verdict="violated", property="refcount")],
)
