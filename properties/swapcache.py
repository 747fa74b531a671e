"""The swap cache: page and slot point at each other, and nothing that is needed is dropped."""

from __future__ import annotations

from ksmcheck.lang import invariant, pool, predicate, witness
from models.kernel.objects import ADDRESSES, Mm, Page, SwapSlot
from properties.counting import denoted, page_tables_quiet, ptes_of_page, ptes_of_slot


@predicate
def orphaned(page: Page, slot: SwapSlot) -> bool:
    """The slot's cached page is neither mapped nor behind any swap entry.

    It is never written: it leaves the swap cache and is freed.
    """
    return slot.page == page and ptes_of_page(page) == 0 and ptes_of_slot(slot) == 0


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
def p8_no_lost_orphan(page: Page, slot: SwapSlot) -> bool:
    """A dirty cached page that no pte leads to is redundant: no mm misses what it holds."""
    if not page_tables_quiet() or not orphaned(page, slot) or not page.dirty:
        return True
    return all(
        mm.shadow[a] != page.content or denoted(mm, a) == page.content
        for mm in pool(Mm)
        for a in range(ADDRESSES)
    )


@witness(p8_no_lost_orphan)
def an_orphan(page: Page, slot: SwapSlot) -> bool:
    """No page-table section is open, and a cached page has no pte that leads to it."""
    return page_tables_quiet() and orphaned(page, slot)
