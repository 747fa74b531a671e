"""The swap cache: page and slot point at each other, and nothing that is needed is dropped."""

from __future__ import annotations

from ksmcheck.lang import invariant, pool, predicate, witness
from models.kernel.objects import ADDRESSES, Mm, Page, SwapSlot
from properties.counting import denoted, page_tables_quiet, ptes_of_slot


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
def some_page_is_cached(page: Page, slot: SwapSlot) -> bool:
    """A page is in the swap cache."""
    return slot.page == page


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
