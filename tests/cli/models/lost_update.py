"""Two threads count references to a page, each with a load and a store.

Question: can an update of the count be lost?
Keeps: the two accesses of `page.count++`. Abstracts: what the references are for.
"""

from typing import Annotated, Final

from ksmcheck.lang import *

MOST: Final = 6

PATCHES = [
    Patch(
        id="count-lock",
        commit="0123456789ab",
        title="mm: take the count lock around the increment",
        date="2010-09-10",
        release="v2.6.36",
        summary="Makes the increment one critical section.",
    ),
    Patch(
        id="old-cleanup",
        commit="ba9876543210",
        title="mm: rename a variable",
        date="2009-06-10",
        release="v2.6.31",
        summary="Changes nothing.",
    ),
]

rounds = parameter(1, "how often each thread increments", at_least=1, at_most=3)


@struct(permanent=True)
class Page:
    """struct page"""

    count: Annotated[int, Range(0, MOST)]
    taken: Ghost[Annotated[int, Range(0, MOST)]]


count_lock: SpinLock
page1 = instance(Page)


@routine(source="mm/page_alloc.c", kernel="v2.6.35")
def get_page(page: Page) -> None:
    """Take one more reference."""
    if patched("count-lock"):
        with spin_lock(count_lock):
            page.count = page.count + 1
            page.taken += 1
    else:
        page.count = page.count + 1
        page.taken += 1


@actor
def A() -> None:
    for _ in range(rounds):
        get_page(page1)


@actor
def B() -> None:
    for _ in range(rounds):
        get_page(page1)


@end_property(source="the counter's contract")
def all_counted(page: Page) -> bool:
    """At the end the count of a page is the number of references taken."""
    return page.count == page.taken


@witness(all_counted)
def counted_twice(page: Page) -> bool:
    return page.count == 2 * rounds


scenario(
    question="Can an update of the count be lost?",
    kernel="v2.6.35",
    patches=PATCHES,
    pools={Page: 1},
    properties=[all_counted],
    expected=[
        Expect(verdict="violated", property="all_counted"),
        Expect(patches=["count-lock"], verdict="holds"),
    ],
)
