"""Giving a page a slot: the allocator of the swap map, and add_to_swap.

Kernel: v2.6.35 (read as 2.6.33.7 and 2.6.36.2, which agree here).
Source: mm/swapfile.c (get_swap_page, scan_swap_map, __try_to_reclaim_swap), mm/swap_state.c
    (add_to_swap).
Question: none; a part of the kernel that scenarios build on.
Keeps: that any free slot may be handed out whose area is not going off; that a slot which only the
    cache holds is taken from its page when swap is short, with a reference and a trylock; that the
    page becomes dirty after it is in the cache.
Abstracts:
    Which slot: the kernel scans from where it stopped; the model tries every one.
    Finding a slot and taking it is one step: the kernel reads the map without swap_lock while it
        scans, and looks again under it.
Not covered: clusters, discard, several devices and priorities, radix-tree allocation failure.
"""

from __future__ import annotations

from ksmcheck.lang import atomic, choose, pool, routine, wait_until
from models.kernel.objects import Page, SwapSlot
from models.kernel.page import find_get_page, put_page, trylock_page, unlock_page
from models.kernel.swap_map import vm_swap_full
from models.kernel.swap_state import add_to_swap_cache
from models.kernel.swapfile import try_to_free_swap


@routine(source="mm/swapfile.c", kernel="v2.6.35")
def get_swap_page() -> SwapSlot | None:
    """Takes a free slot for the swap cache: no pte holds it yet."""
    while True:
        with atomic("one swap_lock section"):
            found = False
            for slot in pool(SwapSlot):
                if slot.count == 0 and not slot.has_cache and not slot.going_off:
                    found = True
            if not found:
                return None
            entry = choose(pool(SwapSlot))
            wait_until(
                entry.count == 0 and not entry.going_off and (vm_swap_full() or not entry.has_cache)
            )
            if not entry.has_cache:
                entry.has_cache = True
                return entry
        try_to_reclaim_swap(entry)


@routine(source="mm/swapfile.c", kernel="v2.6.35")
def try_to_reclaim_swap(slot: SwapSlot) -> None:
    """Takes a slot from the swap cache, unless its page is locked: reclaim holds one already."""
    page = find_get_page(slot)
    if page is None:
        return
    if trylock_page(page):
        try_to_free_swap(page)
        unlock_page(page)
    put_page(page)


@routine(source="mm/swap_state.c", kernel="v2.6.35")
def add_to_swap(page: Page) -> bool:
    """Gives a page a slot and puts it in the cache, dirty. The caller holds the page lock."""
    slot = get_swap_page()
    if slot is None:
        return False
    add_to_swap_cache(page, slot)
    page.dirty = True
    return True
