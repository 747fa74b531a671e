"""Page locks, page references, and the tests of page->mapping.

Kernel: v2.6.35; the same in every version of patches.py.
Source: include/linux/pagemap.h and mm/filemap.c (lock_page, trylock_page, unlock_page,
    find_get_page), include/linux/mm.h and mm/swap.c (get_page, put_page),
    include/linux/page-flags.h and include/linux/ksm.h (PageAnon, PageKsm).
Question: none; a part of the kernel that scenarios build on.
Keeps: who holds the page lock, that waiting for it is unfair and sleeps; that the last reference
    frees; that a lookup may take a reference to a page that is no longer the slot's, or that was
    freed and handed out again, before it looks a second time and gives it back.
Abstracts: the step from a count of zero to the free list is not seen, because a page whose count
    is zero can be reached by nobody but the allocator; what a free frame holds is forgotten, as
    nobody looks at it, but for page->mapping with CONFIG_KSM: ksmd does.
Not covered: the waiters' queue of a page lock (any waiter may be the next), pagevecs.
"""

from __future__ import annotations

from typing import Annotated

from ksmcheck.lang import (
    Range,
    atomic,
    bit_lock,
    bit_trylock,
    bit_unlock,
    configured,
    dec_and_test,
    fetch_add,
    free,
    inc_not_zero,
    might_sleep,
    patched,
    refcount_inc,
    routine,
)
from models.kernel.objects import INITIAL, Count, Ksm, NoMapping, Page, SwapSlot

nr_mlock: Count
"""NR_MLOCK of the only zone: how many pages are mlocked."""


@routine(source="include/linux/pagemap.h")
def lock_page(page: Page) -> None:
    """Sleeps until PG_locked is ours."""
    might_sleep()
    bit_lock(page.locked)


@routine(source="include/linux/pagemap.h")
def trylock_page(page: Page) -> bool:
    """Takes PG_locked if it is free."""
    return bit_trylock(page.locked)


@routine(source="include/linux/pagemap.h")
def __set_page_locked(page: Page) -> None:
    """Takes PG_locked of a new page, which nobody else can have: no wait, whatever else is held."""
    locked = bit_trylock(page.locked)
    assert locked, "somebody has locked a page that has just been allocated"


@routine(source="mm/filemap.c")
def unlock_page(page: Page) -> None:
    """Releases PG_locked."""
    bit_unlock(page.locked)


@routine(source="include/linux/page-flags.h")
def PageAnon(page: Page) -> bool:
    """The mapping has the anonymous bit; PageKsm pages are anonymous too."""
    return not isinstance(page.mapping, NoMapping)


@routine(source="include/linux/ksm.h")
def PageKsm(page: Page) -> bool:
    """The mapping has both bits."""
    return isinstance(page.mapping, Ksm)


@routine(source="include/linux/mm.h")
def get_page(page: Page) -> None:
    """One more reference, for a caller that knows that there is one."""
    refcount_inc(page.refcount)


@routine(source="mm/swap.c")
def put_page(page: Page) -> None:
    """One reference less; the last one frees the frame."""
    with atomic("nobody but the allocator can reach a page whose count has become zero"):
        if dec_and_test(page.refcount):
            free_hot_cold_page(page)


@routine(source="mm/page_alloc.c")
def free_hot_cold_page(page: Page) -> None:
    """Back to the free list."""
    assert page.mapcount == 0, "a page is freed while a pte maps it"
    assert page.private is None, "a page is freed while it is in the swap cache"
    page.lru = False
    free_page_mlock(page)
    page.dirty = False
    page.content = INITIAL
    clear_mapping(page)
    free(page)


@routine(source="mm/page_alloc.c")
def free_page_mlock(page: Page) -> None:
    """A page that is freed mlocked is counted as such, and all is put right."""
    if configured("VM_LOCKED"):
        page.unevictable = False
        if page.mlocked:
            page.mlocked = False
            mod_nr_mlock(-1)


@routine(source="mm/vmstat.c")
def mod_nr_mlock(delta: Annotated[int, Range(-1, 1)]) -> None:
    """inc_zone_page_state and dec_zone_page_state of NR_MLOCK."""
    fetch_add(nr_mlock, delta)


@routine(source="mm/page_alloc.c")
def clear_mapping(page: Page) -> None:
    """A free frame points to no anon_vma and no stable_node: get_ksm_page relies on it."""
    page.upgraded = False
    page.ksm_copy = False
    page.keyed = None
    if configured("CONFIG_KSM") and patched("clear-mapping-on-free"):
        page.mapping = NoMapping()


@routine(source="mm/internal.h")
def get_page_unless_zero(page: Page) -> bool:
    """A reference, unless the page is free or frozen."""
    return inc_not_zero(page.refcount)


@routine(source="mm/filemap.c")
def find_get_page(slot: SwapSlot) -> Page | None:
    """The swap cache page of a slot with a reference to it, or None.

    The reference keeps the page from being freed. It keeps it neither in the swap cache nor in its
    slot: that is what the races of KSM.md entries 26 to 28 are about.
    """
    page = slot.page
    while page is not None:
        if inc_not_zero(page.refcount):
            if slot.page == page:
                return page
            put_page(page)
        page = slot.page
    return None
