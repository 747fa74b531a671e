"""The swap cache: finding, adding, removing and reading in.

Kernel: v2.6.35 (read as 2.6.33.7 and 2.6.36.2, which agree here).
Source: mm/swap_state.c (lookup_swap_cache, add_to_swap_cache, delete_from_swap_cache,
    read_swap_cache_async, swapin_readahead), mm/page_io.c (swap_readpage). add_to_swap is in
    swap_alloc.py.
Question: none; a part of the kernel that scenarios build on.
Keeps: that a lookup gives a reference and no lock, that the cache follows page->private and not
    the slot of whoever asks for the removal, that a reader allocates before it reserves the slot
    and answers "no page" when the slot is free; the moments when the slot has its cache bit and no
    page, on the way in and on the way out, in which readers loop and the allocator passes it over.
Abstracts:
    Flag, private and tree entry change in one step: they are set on a locked page and read under
        its lock, and the tree is under tree_lock.
    A page is read in the step that makes it visible: until the read is over the kernel keeps it
        locked, and nobody else can write the slot's block while the slot has its cache bit.
Not covered: readahead of neighbouring slots, read errors, radix-tree allocation failure.
"""

from __future__ import annotations

from ksmcheck.lang import alloc, atomic, refcount_inc, routine
from models.kernel.objects import Page, SwapSlot
from models.kernel.page import find_get_page, put_page
from models.kernel.swap_map import Prepare, swapcache_free, swapcache_prepare


@routine(source="mm/swap_state.c", kernel="v2.6.35")
def lookup_swap_cache(slot: SwapSlot) -> Page | None:
    """The cached page of a slot with a reference, not locked."""
    return find_get_page(slot)


@routine(source="mm/swap_state.c", kernel="v2.6.35")
def add_to_swap_cache(page: Page, slot: SwapSlot) -> None:
    """Puts a page in the cache; the caller holds the page lock and has set the slot's cache bit."""
    with atomic("flag and private of a locked page are read under its lock; one tree_lock section"):
        assert page.private is None, "a page enters the swap cache twice"
        assert slot.page is None, "two pages for one slot of the swap cache"
        refcount_inc(page.refcount)
        page.private = slot
        slot.page = page


@routine(source="mm/swap_state.c", kernel="v2.6.35")
def delete_from_swap_cache(page: Page) -> None:
    """Takes a page out of the cache, whose slot may be another than the one a caller came for.

    The caller holds the page lock and a reference of its own.
    """
    with atomic("one tree_lock section"):
        slot = page.private
        assert slot is not None, "a page leaves the swap cache that is not in it"
        assert not page.writeback, "a page leaves the swap cache while it is written"
        slot.page = None
        page.private = None
    swapcache_free(slot, page)
    put_page(page)


@routine(source="mm/swap_state.c", kernel="v2.6.35")
def read_swap_cache_async(slot: SwapSlot) -> Page | None:
    """The slot's page, read from disk if need be, with a reference; None when the slot is free.

    Also None when there is no memory. The caller locks the page next, in competition with all who
    found it in the cache.
    """
    page = find_get_page(slot)
    if page is not None:
        return page
    page = alloc(Page, refcount=1, may_sleep=True)
    while page is not None:
        reserved = swapcache_prepare(slot)
        if reserved == Prepare.RESERVED:
            with atomic("the page is locked until its content is there"):
                add_to_swap_cache(page, slot)
                page.content = slot.disk
                page.lru = True
            return page
        if reserved == Prepare.ENOENT:
            put_page(page)
            return None
        found = find_get_page(slot)
        if found is not None:
            put_page(page)
            return found
    return None


@routine(source="mm/swap_state.c", kernel="v2.6.35")
def swapin_readahead(slot: SwapSlot) -> Page | None:
    """Reads the slot, and its neighbours, which the model leaves out."""
    return read_swap_cache_async(slot)
