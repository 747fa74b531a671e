"""Reclaim of one anonymous page: isolate it, unmap it to swap, write it, free it.

Kernel: v2.6.35 (read as 2.6.33.7 and 2.6.36.2).
Source: mm/vmscan.c (shrink_page_list, pageout, __remove_mapping), mm/page_io.c (swap_writepage and
    its completion). The lists are lru.py.
Question: none; a part of the kernel that scenarios build on.
Keeps: the order trylock, add_to_swap, try_to_unmap, pageout, __remove_mapping; that a page is
    written and freed only when isolation and swap cache are its only references; that a page
    without swap entries leaves the cache instead of being written; that a page under writeback is
    unlocked; that a page leaves the tree with its count frozen, before its slot's cache bit goes
    and before it is free; and that reclaim gives up half-way: with a page in the swap cache that
    is still mapped, or that only some mms have given up, and puts it back.
Abstracts:
    page_referenced is left out: giving up before the page is touched is the same as not trying. A
        pte that is young when it is to be unmapped is in rmap.py.
    Writing is started and finished by reclaim itself, as on a synchronous device: between start and
        end faults go on, but reclaim does not turn to the next page.
    Whether a dirty page is written is left open where it is allowed at all: may_enter_fs,
        may_writepage and a busy device decide in the kernel.
Not covered: the order of lists, active and inactive, pagevecs, limits of groups, write errors.
"""

from __future__ import annotations

from ksmcheck.lang import (
    atomic,
    choose,
    configured,
    freeze,
    routine,
)
from models.kernel.lru import isolate_lru_pages, putback_lru_page
from models.kernel.objects import Page
from models.kernel.page import (
    PageAnon,
    free_hot_cold_page,
    trylock_page,
    unlock_page,
)
from models.kernel.rmap import Unmap
from models.kernel.swap_alloc import add_to_swap
from models.kernel.swap_map import swapcache_free, vm_swap_full
from models.kernel.swapfile import try_to_free_swap
from models.kernel.unmap import try_to_unmap


@routine(source="mm/vmscan.c", kernel="v2.6.35")
def shrink_inactive_list(may_writepage: bool) -> None:
    """Tries to reclaim one page."""
    page = isolate_lru_pages()
    if not shrink_page_list(page, may_writepage):
        putback_lru_page(page)


@routine(source="mm/vmscan.c", kernel="v2.6.35")
def shrink_page_list(page: Page, may_writepage: bool) -> bool:
    """One page of the list. True when it was freed, False when it goes back."""
    if not trylock_page(page):
        return False
    if configured("VM_LOCKED") and page.mlocked:
        cull_mlocked(page)
        return False
    if page.writeback:
        unlock_page(page)
        return False
    if PageAnon(page) and page.private is None and not add_to_swap(page):
        unlock_page(page)
        return False
    if page.mapcount > 0:
        match try_to_unmap(page):
            case Unmap.SUCCESS:
                pass
            case Unmap.FAIL:
                activate_locked(page)
                return False
            case Unmap.MLOCK:
                cull_mlocked(page)
                return False
            case _:
                unlock_page(page)
                return False
    if page.dirty:
        if not (may_writepage and choose(True, False)):
            unlock_page(page)
            return False
        if not pageout(page):
            return False
    if remove_mapping(page):
        return True
    unlock_page(page)
    return False


@routine(source="mm/vmscan.c", kernel="v2.6.33")
def cull_mlocked(page: Page) -> None:
    """An mlocked page needs no slot. Unlocks it; putback_lru_page does the rest."""
    if configured("VM_LOCKED") and page.private is not None:
        try_to_free_swap(page)
    unlock_page(page)


@routine(source="mm/vmscan.c", kernel="v2.6.35")
def activate_locked(page: Page) -> None:
    """A page that is in use stays; when swap is short its slot need not. Unlocks the page."""
    if vm_swap_full():
        try_to_free_swap(page)
    unlock_page(page)


@routine(source="mm/vmscan.c", kernel="v2.6.35")
def pageout(page: Page) -> bool:
    """Writes a dirty page. True when it is clean and locked again, False when it is unlocked.

    A page without a mapping is kept: a copy that has not been mapped yet, or never will be. All
    others are in the swap cache by now.
    """
    if page.refcount != 2 or not PageAnon(page):
        unlock_page(page)
        return False
    page.dirty = False
    swap_writepage(page)
    if page.writeback or page.dirty:
        return False
    if not trylock_page(page):
        return False
    if page.dirty or page.writeback:
        unlock_page(page)
        return False
    return True


@routine(source="mm/page_io.c", kernel="v2.6.35")
def swap_writepage(page: Page) -> None:
    """Writes the page to its slot, or finds that nobody needs that. Unlocks the page."""
    if try_to_free_swap(page):
        unlock_page(page)
        return
    slot = page.private
    assert slot is not None, "a page without a slot is written"
    page.writeback = True
    unlock_page(page)
    with atomic("the device copies the page at one moment"):
        slot.disk = page.content
    end_page_writeback(page)


@routine(source="mm/filemap.c", kernel="v2.6.35")
def end_page_writeback(page: Page) -> None:
    """The device has written the page."""
    page.writeback = False


@routine(source="mm/vmscan.c", kernel="v2.6.35")
def remove_mapping(page: Page) -> bool:
    """__remove_mapping and the free: only if cache and isolation have the last references."""
    with atomic("one tree_lock section"):
        if page.private is None or page.dirty or page.refcount != 2:
            return False
        freeze(page.refcount, 2)
        slot = page.private
        assert slot is not None, "checked above, under the page lock"
        assert not page.writeback, "a page is freed while it is written"
        slot.page = None
        page.private = None
    swapcache_free(slot, page)
    with atomic("the count is zero: nobody but the allocator can reach the page"):
        unlock_page(page)
        page.isolated = False
        free_hot_cold_page(page)
    return True
