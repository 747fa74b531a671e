# expect: KSM813; check: refcount; depth: 2
"""A reference is taken after the last one was dropped."""

from typing import Annotated

from ksmcheck.lang import *


@struct(permanent=True)
class Page:
    refcount: Annotated[Refcount, Max(2)]


page1 = instance(Page)


@setup
def prepare() -> None:
    refcount_set(page1.refcount, 1)


@actor
def putter() -> None:
    dec_and_test(page1.refcount)


@actor
def getter() -> None:
    refcount_inc(page1.refcount)


scenario(
    question="Does the check speak?",
    kernel="",
    pools={Page: 1},
    properties=[],
    expected=[Expect(verdict="violated", property="refcount")],
)
