"""mlock: pages that reclaim leaves alone, as long as a locked vma maps them.

Kernel: v2.6.33.
Source: mm/mlock.c (mlock_vma_page, munlock_vma_page, munlock_vma_pages_range), mm/internal.h
    (clear_page_mlock, is_mlocked_vma), mm/rmap.c (try_to_munlock).
Question: none; a part of the kernel that scenarios build on.
Keeps: that PG_mlocked changes under the page lock; that a page which is munlocked in one vma is
    looked for in all others, and mlocked again if one of them is locked; that it is not looked for
    if somebody else has it off the LRU; that a page is freed mlocked, if it comes to that.
Abstracts: a scenario without VM_LOCKED pays no step. vm_flags are a flag of the mm.
Not covered: mlock(2) itself: the scenario starts with a locked vma; pagevecs.
"""

from __future__ import annotations

from ksmcheck.lang import routine, test_and_clear, test_and_set
from models.kernel.lru import isolate_lru_page, putback_lru_page
from models.kernel.memory import follow_page
from models.kernel.objects import ADDRESSES, Mm, Page
from models.kernel.page import lock_page, mod_nr_mlock, put_page, unlock_page
from models.kernel.rmap import Ttu
from models.kernel.unmap import try_to_unmap_walk


@routine(source="mm/mlock.c", kernel="v2.6.33")
def mlock_vma_page(page: Page) -> None:
    """Marks a locked page, and moves it to the unevictable list."""
    if not test_and_set(page.mlocked):
        mod_nr_mlock(1)
        if isolate_lru_page(page):
            putback_lru_page(page)


@routine(source="mm/mlock.c", kernel="v2.6.33")
def munlock_vma_page(page: Page) -> None:
    """One locked vma less for a locked page; it stays mlocked if another one maps it."""
    if test_and_clear(page.mlocked):
        mod_nr_mlock(-1)
        if isolate_lru_page(page):
            try_to_unmap_walk(page, Ttu.MUNLOCK)
            putback_lru_page(page)


@routine(source="mm/mlock.c", kernel="v2.6.33")
def clear_page_mlock(page: Page) -> None:
    """The mark goes, whoever else may map the page: reclaim will see."""
    if test_and_clear(page.mlocked):
        mod_nr_mlock(-1)
        if isolate_lru_page(page):
            putback_lru_page(page)


@routine(source="mm/mlock.c", kernel="v2.6.33")
def munlock_vma_pages_range(mm: Mm) -> None:
    """Before its vma goes: no page is mlocked on its account."""
    mm.vma_locked = False
    for address in range(ADDRESSES):
        page = follow_page(mm, address)
        if page is not None:
            lock_page(page)
            munlock_vma_page(page)
            unlock_page(page)
            put_page(page)
