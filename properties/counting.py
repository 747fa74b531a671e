"""What properties ask of page tables: who maps a page, who holds a slot, what a load would give."""

from __future__ import annotations

from ksmcheck.lang import locked, pool, predicate
from models.kernel.objects import (
    ADDRESSES,
    INITIAL,
    Address,
    Content,
    Count,
    Migrating,
    Mm,
    Page,
    Present,
    Swapped,
    SwapSlot,
)


@predicate
def maps(mm: Mm, address: Address, page: Page) -> bool:
    """The pte is present and maps the page."""
    match mm.table[address]:
        case Present(mapped, _, _):
            return mapped == page
        case _:
            return False


@predicate
def holds(mm: Mm, address: Address, slot: SwapSlot) -> bool:
    """The pte is the slot's swap entry."""
    match mm.table[address]:
        case Swapped(held):
            return held == slot
        case _:
            return False


@predicate
def ptes_of_page(page: Page) -> Count:
    """Maps(p): how many ptes map the page."""
    return sum(1 for mm in pool(Mm) for a in range(ADDRESSES) if maps(mm, a, page))


@predicate
def ptes_of_slot(slot: SwapSlot) -> Count:
    """Swp(s): how many ptes hold the slot's entry."""
    return sum(1 for mm in pool(Mm) for a in range(ADDRESSES) if holds(mm, a, slot))


@predicate
def page_tables_quiet() -> bool:
    """No page-table section is open in any mm."""
    return not any(locked(mm.ptl) for mm in pool(Mm))


@predicate
def reclaim_at_work() -> bool:
    """Reclaim has isolated a page and not yet put it back or freed it."""
    return any(page.isolated for page in pool(Page))


@predicate
def denoted(mm: Mm, address: Address) -> Content:
    """What a load by the mm at the address would give, swapped in first if need be."""
    match mm.table[address]:
        case Present(page, _, _):
            return page.content
        case Swapped(slot):
            if slot.page is not None:
                if slot.page.source is not None:
                    return slot.page.source.content
                return slot.page.content
            return slot.disk
        case Migrating(page, _):
            return page.content
        case _:
            return INITIAL
