"""The swap cache: page and slot point at each other, and nothing that is needed is dropped."""

from __future__ import annotations

from ksmcheck.lang import end_property, invariant, pool, predicate, witness
from models.kernel.objects import ADDRESSES, INITIAL, Mm, Page, SwapSlot
from properties.counting import denoted, page_tables_quiet, ptes_of_slot, reclaim_at_work


@predicate
def orphaned(page: Page, slot: SwapSlot) -> bool:
    """The slot has a cached page and no pte holds the slot.

    Such a page is never written: it leaves the swap cache when its last pte goes, if it has any.
    """
    return page_tables_quiet() and slot.page == page and ptes_of_slot(slot) == 0


@invariant(source="KSM.md P8 swapcache_bijection")
def p8_swapcache_bijection(page: Page, slot: SwapSlot) -> bool:
    """A slot's cache entry is a page exactly if the page's slot is this one, and it is marked."""
    if slot.page == page:
        return page.private == slot and slot.has_cache
    return page.private != slot


@witness(p8_swapcache_bijection)
def newly_cached(page: Page, slot: SwapSlot) -> bool:
    """A page whose content was stored during the run is in the swap cache."""
    return slot.page == page and page.content != INITIAL


@end_property(source="KSM.md P8: SWAP_HAS_CACHE without a page is a reservation")
def p8_no_lost_reservation(slot: SwapSlot) -> bool:
    """When nobody is at work, a slot is marked as cached exactly if it has a page in the cache."""
    return reclaim_at_work() or slot.has_cache == (slot.page is not None)


@witness(p8_no_lost_reservation)
def uncached_at_the_end(slot: SwapSlot) -> bool:
    """A slot is not marked as cached at the end, and reclaim has nothing in hand."""
    return not reclaim_at_work() and not slot.has_cache


@invariant(source="KSM.md P8, orphan rule")
def p8_orphan_redundant(page: Page, slot: SwapSlot) -> bool:
    """An mm whose last store is in a dirty cached page reads it, though no pte holds the slot."""
    if not orphaned(page, slot) or not page.dirty:
        return True
    return all(
        mm.shadow[a] != page.content or denoted(mm, a) == page.content
        for mm in pool(Mm)
        for a in range(ADDRESSES)
    )


@witness(p8_orphan_redundant)
def an_orphan(page: Page, slot: SwapSlot) -> bool:
    """A cached page's slot is held by no pte."""
    return orphaned(page, slot)
