# expect: KSM805; check: out-of-range; depth: 1
"""The walker takes the page out of an entry that has none."""

from ksmcheck.lang import *


@struct
class Page:
    dirty: bool


class Pte(Word):
    """A page-table entry."""


class NoPte(Pte):
    """Nothing mapped."""


class Present(Pte):
    page: Page


page1 = instance(Page)
entry: Pte


@actor
def mapper() -> None:
    global entry
    entry = Present(page1)


@actor
def walker() -> None:
    pte = entry
    page = pte.page  # type: ignore[attr-defined]
    page.dirty = True


scenario(
    question="Does the check speak?",
    kernel="",
    pools={Page: 1},
    properties=[],
    expected=[Expect(verdict="violated", property="out-of-range")],
)
