"""Two threads count references; one patch opens a race, a later one closes it.

Question: can an update of the count be lost?
Keeps: the load and the store of `page.count++`. Abstracts: what the references are for.
"""

from typing import Annotated

from ksmcheck.lang import *

PATCHES = [
    Patch(
        id="quick-count",
        commit="0123456789abcdef",
        title="mm: count without the lock",
        date="2009-11-24",
        release="v2.6.33",
        summary="Counts without the lock when nobody holds it.",
    ),
    Patch(
        id="rename",
        commit="123456789abcdef0",
        title="mm: rename a variable",
        date="2009-11-25",
        release="v2.6.33",
        summary="Changes nothing.",
    ),
    Patch(
        id="count-again",
        commit="23456789abcdef01",
        title="mm: take the lock again",
        date="2010-09-09",
        release="v2.6.36",
        summary="Takes the lock around every increment.",
    ),
]


@struct(permanent=True)
class Page:
    """struct page"""

    count: Annotated[int, Range(0, 2)]
    taken: Ghost[Annotated[int, Range(0, 2)]]
    quick: Ghost[bool]


count_lock: SpinLock
page1 = instance(Page)


@routine(source="mm/swap.c", kernel="v2.6.32")
def get_page(page: Page) -> None:
    """Take one more reference."""
    if patched("quick-count") and not patched("count-again"):
        page.count = page.count + 1
        page.taken += 1
        page.quick = True
    else:
        with spin_lock(count_lock):
            page.count = page.count + 1
            page.taken += 1


@actor
def A() -> None:
    get_page(page1)


@actor
def B() -> None:
    get_page(page1)


@end_property(source="the counter's contract")
def all_counted(page: Page) -> bool:
    """At the end the count of a page is the number of references taken."""
    return page.count == page.taken


@witness(all_counted)
def counted_twice(page: Page) -> bool:
    return page.count == 2


@end_property(source="the counter's contract")
def both_counted() -> bool:
    """At the end both references are in the count."""
    return page1.count == 2


@witness(both_counted)
def counted_both() -> bool:
    return page1.count == 2


@invariant(source="the author")
def quick_is_counted(page: Page) -> bool:
    """Nobody counts quickly without counting."""
    return not page.quick or page.count > 0


@witness(quick_is_counted)
def counted_quickly(page: Page) -> bool:
    return page.quick


scenario(
    question="Can an update of the count be lost?",
    kernel="v2.6.33",
    patches=PATCHES,
    pools={Page: 1},
    properties=[all_counted, both_counted, quick_is_counted],
    expected=[
        Expect(verdict="violated", property="all_counted"),
        Expect(verdict="violated", property="both_counted"),
        Expect(verdict="violated"),
        Expect(kernel="v2.6.32", verdict="vacuous", property="quick_is_counted"),
        Expect(patches=["count-again"], verdict="vacuous"),
        Expect(kernel="v2.6.36", without=["count-again", "rename"], verdict="violated"),
    ],
)
