"""The swap cache: page and slot point at each other, and nothing that is needed is dropped."""

from __future__ import annotations

from ksmcheck.lang import invariant, pool, witness
from models.kernel.objects import ADDRESSES, Mm, Page, SwapSlot
from properties.counting import ptes_of_slot


@invariant(source="KSM.md P8 swapcache_bijection")
def p8_swapcache_bijection(page: Page, slot: SwapSlot) -> bool:
    """A slot's cache entry is a page exactly if the page's private is that slot, which is marked."""
    if slot.page == page:
        return page.private == slot and slot.has_cache
    return page.private != slot


@witness(p8_swapcache_bijection)
def some_page_is_cached(page: Page, slot: SwapSlot) -> bool:
    """A page is in the swap cache."""
    return slot.page == page


@invariant(source="KSM.md P8, orphan rule")
def p8_no_lost_orphan(page: Page, slot: SwapSlot) -> bool:
    """A dirty cached page that no pte leads to any more holds nothing that an mm still needs.

    Such an orphan is never written: it leaves the cache and is freed.
    """
    if slot.page != page or not page.dirty or page.mapcount > 0 or ptes_of_slot(slot) > 0:
        return True
    return all(mm.shadow[a] != page.content for mm in pool(Mm) for a in range(ADDRESSES)) or any(
        other.content == page.content and other.mapcount > 0 for other in pool(Page)
    )


@witness(p8_no_lost_orphan)
def an_orphan(page: Page, slot: SwapSlot) -> bool:
    """A cached page that no pte leads to."""
    return slot.page == page and page.mapcount == 0 and ptes_of_slot(slot) == 0
