# expect: KSM814; check: refcount; depth: 1
"""The count is unfrozen without having been frozen."""

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
def user() -> None:
    unfreeze(page1.refcount, 1)


scenario(
    question="Does the check speak?",
    kernel="",
    pools={Page: 1},
    properties=[],
    expected=[Expect(verdict="violated", property="refcount")],
)
