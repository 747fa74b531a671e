"""What is not on disk is known to be so, and is not dropped before it is."""

from __future__ import annotations

from ksmcheck.lang import invariant, locked, old, pool, predicate, step_property, witness
from models.kernel.objects import ADDRESSES, Address, Mm, Page, Present, SwapSlot
from properties.counting import holds, page_tables_quiet, ptes_of_page, ptes_of_slot


@predicate
def maps_dirty(mm: Mm, address: Address, page: Page) -> bool:
    """The pte maps the page and has its dirty bit set."""
    match mm.table[address]:
        case Present(mapped, _, dirty):
            return dirty and mapped == page
        case _:
            return False


@predicate
def needed_and_cached(page: Page, slot: SwapSlot) -> bool:
    """The slot's page is in the swap cache at rest, and some pte stands for it."""
    if slot.page != page or locked(page.locked) or page.writeback or not page_tables_quiet():
        return False
    return ptes_of_page(page) + ptes_of_slot(slot) > 0


@invariant(source="KSM.md P26 dirty_preserved: the mark; 4e31635c367a")
def p26_dirty_is_marked(page: Page, slot: SwapSlot) -> bool:
    """A page at rest that differs from its slot is marked: PG_dirty, or a dirty pte maps it."""
    if not needed_and_cached(page, slot) or page.dirty or page.content == slot.disk:
        return True
    return any(maps_dirty(mm, a, page) for mm in pool(Mm) for a in range(ADDRESSES))


@witness(p26_dirty_is_marked)
def differs_from_its_slot(page: Page, slot: SwapSlot) -> bool:
    """A page at rest differs from its slot."""
    return needed_and_cached(page, slot) and page.content != slot.disk


@step_property(source="KSM.md P26 dirty_preserved: the drop; 4e31635c367a, 68bdc8d64742")
def p26_dropped_clean(slot: SwapSlot) -> bool:
    """A page leaves a slot that ptes hold only if the slot has its content.

    A pte that is about to map the page does not count: its page table is locked.
    """
    page = old(slot.page)
    if page is None or slot.page is not None or page.content == slot.disk:
        return True
    return not any(
        holds(mm, a, slot) and not locked(mm.ptl) for mm in pool(Mm) for a in range(ADDRESSES)
    )


@witness(p26_dropped_clean)
def a_slot_with_its_page(slot: SwapSlot) -> bool:
    """A page is in the swap cache, and a pte holds its slot."""
    return slot.page is not None and ptes_of_slot(slot) > 0
