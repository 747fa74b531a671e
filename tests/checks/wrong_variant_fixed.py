# expect: holds; check: out-of-range
"""The walker asks which variant it loaded."""

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
    if isinstance(pte, Present):
        page = pte.page
        page.dirty = True


scenario(
    question="Does the check speak?",
    kernel="",
    pools={Page: 1},
    properties=[],
    expected=[Expect(verdict="holds")],
)
