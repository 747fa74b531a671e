"""The LRU: taking pages off it and putting them back, on the list where they belong.

Kernel: v2.6.33.
Source: mm/vmscan.c (isolate_lru_pages, isolate_lru_page, putback_lru_page, page_evictable).
Question: none; a part of the kernel that scenarios build on.
Keeps: that whoever takes a page off holds a reference to it; that a page which is put back on the
    unevictable list is looked at again, for it may have been munlocked meanwhile.
Abstracts:
    The lists are one flag per page, and a second one for the unevictable list: reclaim may find
        any page of the others, in any order, and waits when there is none.
    A scenario without VM_LOCKED has no unevictable list.
Not covered: pagevecs, active and inactive.
"""

from __future__ import annotations

from ksmcheck.lang import atomic, choose, configured, pool, refcount_inc, routine, wait_until
from models.kernel.objects import Page
from models.kernel.page import put_page


@routine(source="mm/vmscan.c", kernel="v2.6.35")
def isolate_lru_pages() -> Page:
    """Takes some page off the LRU, with a reference."""
    with atomic("one lru_lock section"):
        page = choose(pool(Page))
        wait_until(page.lru and page.refcount > 0 and not page.unevictable)
        refcount_inc(page.refcount)
        page.lru = False
        page.isolated = True
        return page


@routine(source="mm/vmscan.c", kernel="v2.6.33")
def isolate_lru_page(page: Page) -> bool:
    """Takes this page off the LRU, with a reference, if it is there."""
    with atomic("one lru_lock section"):
        if not page.lru:
            return False
        refcount_inc(page.refcount)
        page.lru = False
        return True


@routine(source="mm/vmscan.c", kernel="v2.6.35")
def putback_lru_page(page: Page) -> None:
    """Back to the LRU, and the reference of the isolation is dropped."""
    if configured("VM_LOCKED"):
        put_on_list(page)
    else:
        page.lru = True
    put_page(page)
    page.isolated = False


@routine(source="mm/vmscan.c", kernel="v2.6.33")
def put_on_list(page: Page) -> None:
    """An mlocked page goes to the unevictable list, if it is still mlocked when it is there."""
    while True:
        unevictable = page.mlocked
        with atomic("one lru_lock section"):
            page.unevictable = unevictable
            page.lru = True
        if not unevictable or page.mlocked or not isolate_lru_page(page):
            return
        put_page(page)
