"""What properties count: ptes that map a page, ptes that hold a slot, open page-table sections."""

from __future__ import annotations

from ksmcheck.lang import locked, pool, predicate
from models.kernel.objects import ADDRESSES, Address, Count, Mm, Page, Present, Swapped, SwapSlot


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
