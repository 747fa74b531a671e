"""Counts that must be right: references of a page, ptes of a page, ptes of a slot."""

from __future__ import annotations

from ksmcheck.lang import end_property, invariant, witness
from models.kernel.objects import Page, SwapSlot
from properties.counting import page_tables_quiet, ptes_of_page, ptes_of_slot, reclaim_at_work


@invariant(source="KSM.md P5 refcount_exact, at any time: no reference is missing")
def p5_refcount_covers(page: Page) -> bool:
    """A page has a reference for each pte that maps it and one for the swap cache.

    A page that migration moves has its count frozen before it leaves the swap cache, and keeps its
    private for a moment after that.
    """
    if page.private is not None and page.private.page == page:
        return page.refcount > ptes_of_page(page) or page.refcount + ptes_of_page(page) == 0
    return page.refcount >= ptes_of_page(page)


@witness(p5_refcount_covers)
def mapped_and_held(page: Page) -> bool:
    """A page is mapped, and somebody holds a reference who is neither pte nor swap cache."""
    cached = 1 if page.private is not None else 0
    return ptes_of_page(page) >= 1 and page.refcount > ptes_of_page(page) + cached


@end_property(
    source="KSM.md P5 refcount_exact, when nobody holds a page: no reference is left over"
)
def p5_refcount_exact(page: Page) -> bool:
    """When nobody is at work, only ptes and the swap cache hold references to a page."""
    if reclaim_at_work():
        return True
    if page.private is not None:
        return page.refcount == ptes_of_page(page) + 1
    return page.refcount == ptes_of_page(page)


@witness(p5_refcount_exact)
def cached_at_the_end(page: Page) -> bool:
    """A page is in the swap cache at the end, and reclaim has nothing in hand."""
    return not reclaim_at_work() and page.private is not None


@invariant(source="KSM.md P6 mapcount_exact")
def p6_mapcount_exact(page: Page) -> bool:
    """A page's mapcount is the number of ptes that map it, while no page-table section is open."""
    return not page_tables_quiet() or page.mapcount == ptes_of_page(page)


@witness(p6_mapcount_exact)
def mapped(page: Page) -> bool:
    """A page is mapped and no page-table section is open."""
    return page_tables_quiet() and page.mapcount >= 1


@invariant(source="KSM.md P7 swapcount_exact")
def p7_swapcount_exact(slot: SwapSlot) -> bool:
    """A slot's count is the number of ptes that hold it, while no page-table section is open."""
    return not page_tables_quiet() or slot.count == ptes_of_slot(slot)


@witness(p7_swapcount_exact)
def given_back(slot: SwapSlot) -> bool:
    """Some pte has given a slot back, and nobody has it in the swap cache: the slot is free."""
    return page_tables_quiet() and slot.count == 0 and not slot.has_cache
