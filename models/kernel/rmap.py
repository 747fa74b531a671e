"""From a page to the ptes that map it: adding, removing, unmapping.

Kernel: v2.6.35 (read as 2.6.33.7 and 2.6.36.2).
Source: mm/rmap.c (page_add_anon_rmap, page_add_new_anon_rmap, page_remove_rmap, try_to_unmap,
    try_to_unmap_anon, try_to_unmap_one).
Question: none; a part of the kernel that scenarios build on.
Keeps: one pte at a time under its page-table lock, so a fault can run between two mms; that the
    entry comes from page->private; that the page is still in the cache after a partial unmap.
Abstracts:
    What try_to_unmap_one does between lock and unlock is one step: all who look at this pte, at the
        page's mapcount or at the slot's count to decide something hold the page-table lock or the
        page lock, and this thread has both.
    The unlocked glance at the pte before its lock is taken is left out: it only saves the lock.
    anon_vma->lock is taken as the kernel does; the walk is over all mms, in one fixed order.
Not covered: young bits (reclaim never finds a page referenced), mlock, mremap, migration entries.
    KSM pages: try_to_unmap_ksm belongs beside try_to_unmap_anon. page->mapping is not stored here;
    a page is anonymous from its allocation, and the KSM scenarios store it.
"""

from __future__ import annotations

from ksmcheck.lang import atomic, fetch_add, pool, routine, spin_lock, spin_unlock, xchg
from models.kernel.objects import Address, Anon, Mm, NoPte, Page, Present, Swapped
from models.kernel.page import put_page
from models.kernel.swap_map import swap_duplicate


@routine(source="mm/rmap.c", kernel="v2.6.35")
def page_add_anon_rmap(page: Page) -> None:
    """One more pte maps the page."""
    fetch_add(page.mapcount, 1)


@routine(source="mm/rmap.c", kernel="v2.6.35")
def page_add_new_anon_rmap(page: Page) -> None:
    """The first pte of a new page; reclaim can find it from here on."""
    with atomic("the page is nobody else's until its pte is stored"):
        page.mapcount = 1
        page.lru = True


@routine(source="mm/rmap.c", kernel="v2.6.35")
def page_remove_rmap(page: Page) -> None:
    """One pte less."""
    fetch_add(page.mapcount, -1)


@routine(source="mm/rmap.c", kernel="v2.6.35")
def try_to_unmap(page: Page) -> bool:
    """Turns every pte of a swap cache page into its swap entry. True when none is left."""
    try_to_unmap_anon(page)
    return page.mapcount == 0


@routine(source="mm/rmap.c", kernel="v2.6.35")
def try_to_unmap_anon(page: Page) -> None:
    """Goes through the vmas of the page's anon_vma."""
    match page.mapping:
        case Anon(anon_vma):
            with spin_lock(anon_vma.lock):
                for mm in pool(Mm):
                    try_to_unmap_one(page, mm, page.index)
        case _:
            pass


@routine(source="mm/rmap.c", kernel="v2.6.35")
def try_to_unmap_one(page: Page, mm: Mm, address: Address) -> None:
    """If this pte maps the page, it becomes the page's swap entry."""
    if page_check_address(page, mm, address):
        slot = page.private
        pteval = xchg(mm.table[address], NoPte())
        if pteval.dirty:
            page.dirty = True
        swap_duplicate(slot)
        mm.table[address] = Swapped(slot)
        page_remove_rmap(page)
        put_page(page)
        spin_unlock(mm.ptl)


@routine(source="mm/rmap.c", kernel="v2.6.35")
def page_check_address(page: Page, mm: Mm, address: Address) -> bool:
    """Does the pte map the page? True with the page-table lock taken."""
    if not isinstance(mm.table[address], Present):
        return False
    spin_lock(mm.ptl)
    match mm.table[address]:
        case Present(mapped, _, _):
            if mapped == page:
                return True
        case _:
            pass
    spin_unlock(mm.ptl)
    return False
