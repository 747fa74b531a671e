# expect: holds; check: out-of-range
"""Two variants have a field of one name: either will do."""

from ksmcheck.lang import *


@struct
class Page:
    dirty: bool


class Pte(Word):
    """A page-table entry."""


class Present(Pte):
    page: Page


class Migrating(Pte):
    write: bool
    page: Page


page1 = instance(Page)
entry: Pte


@actor
def migrater() -> None:
    global entry
    entry = Migrating(True, page1)


@actor
def walker() -> None:
    pte = entry
    page = pte.page  # type: ignore[attr-defined]
    page.dirty = True


scenario(
    question="Is a field found in whichever variant the word is of?",
    kernel="",
    pools={Page: 1},
    properties=[],
    expected=[Expect(verdict="holds")],
)
