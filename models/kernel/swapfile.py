"""When may a page leave the swap cache: reuse_swap_page and try_to_free_swap.

Kernel: v2.6.35 (read as 2.6.33.7 and 2.6.36.2, which agree here).
Source: mm/swapfile.c (page_swapcount, reuse_swap_page, try_to_free_swap). The swap map itself, in
    the same file of the kernel, is swap_map.py.
Question: none; a part of the kernel that scenarios build on.
Keeps: that both look at the number of ptes and of swap entries and never at the page's reference
    count, so somebody who only holds a reference sees the page leave the cache; that the slot is
    the page's own at that moment and not the one a fault came for.
Abstracts: page_swapcount finds the slot and reads its count in one step: the slot of a locked page
    is fixed, and the count is read in a swap_lock section.
Not covered: hibernation (try_to_free_swap refuses while it writes its image, v2.6.36).
"""

from __future__ import annotations

from ksmcheck.lang import atomic, patched, routine
from models.kernel.objects import Count, Page
from models.kernel.page import PageKsm
from models.kernel.swap_state import delete_from_swap_cache


@routine(source="mm/swapfile.c", kernel="v2.6.35")
def page_swapcount(page: Page) -> Count:
    """How many swap entries of ptes stand for a locked swap cache page."""
    with atomic("one swap_lock section; under the page lock the slot is fixed"):
        slot = page.private
        assert slot is not None, "swap entries of a page are counted that has no slot"
        return slot.count


@routine(source="mm/swapfile.c", kernel="v2.6.35")
def reuse_swap_page(page: Page) -> bool:
    """May a write fault have this page for itself? The caller holds the page lock.

    Yes when at most one pte or swap entry stands for it. Then it leaves the swap cache, unless it
    is being written. A page that has left the cache meanwhile is judged by its ptes alone: the
    caller's own swap entry is not counted, which is half of KSM.md entry 26.
    """
    if patched("reuse-refuses-ksm") and PageKsm(page):
        return False
    mapcount = page.mapcount
    if mapcount > 1 or page.private is None:
        return mapcount <= 1
    count = mapcount + page_swapcount(page)
    if count == 1 and not page.writeback:
        delete_from_swap_cache(page)
        page.dirty = True
    return count <= 1


@routine(source="mm/swapfile.c", kernel="v2.6.35")
def try_to_free_swap(page: Page) -> bool:
    """Leaves the swap cache if no pte holds the slot. The caller holds the page lock."""
    if page.private is None or page.writeback or page_swapcount(page) > 0:
        return False
    delete_from_swap_cache(page)
    page.dirty = True
    return True
