# expect: holds; check: refcount
"""inc_not_zero does not resurrect."""

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
    inc_not_zero(page1.refcount)


scenario(
    question="Does the check speak?",
    kernel="",
    pools={Page: 1},
    properties=[],
    expected=[Expect(verdict="holds")],
)
