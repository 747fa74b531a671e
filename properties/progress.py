"""What comes about in the end, said of the states in which it must have come about.

P28 of KSM.md speaks of what happens at last. There is no fairness and no "eventually" here, so each
sentence is put where it has become a fact about one state: when nobody is at work any more. A
scenario that uses p28_every_pte_is_found lets ksmd make a whole pass after everybody else is done.
"""

from __future__ import annotations

from ksmcheck.lang import end_property, is_live, pool, predicate, witness
from models.kernel.objects import Address, Ksm, Mm, Page, Present, RmapItem, StableNode, Tree


@end_property(source="KSM.md P28a progress of reclaim; 4035c07a8959")
def p28_clean_page_is_freed(page: Page) -> bool:
    """When reclaim is done with a page that is clean and unmapped, the page is free.

    For scenarios in which reclaim is the only actor: then nobody else can hold a reference, and
    giving up is reclaim's own choice only as long as the page is dirty or mapped.
    """
    return page.private is None or page.mapcount > 0 or page.dirty


@witness(p28_clean_page_is_freed)
def a_page_was_freed(page: Page) -> bool:
    """Reclaim has freed the page."""
    return not is_live(page)


@predicate
def made_for(page: Page, node: StableNode) -> bool:
    """The node was made for the page, which does not say so itself."""
    return page.mapping == Ksm(None) and page.keyed == node


@predicate
def found(mm: Mm, address: Address, page: Page) -> bool:
    """A walk from the KSM page comes to this pte: in its own item's mm, or as a fork of it.

    Before 08beca44dfb0 there is no walk from a page; what counts is that its node has the item.
    """
    return any(
        is_live(item)
        and item.tree == Tree.STABLE
        and item.address == address
        and item.head is not None
        and (page.mapping == Ksm(item.head) or made_for(page, item.head))
        and item.anon_vma is not None
        and mm in item.anon_vma.vmas
        for item in pool(RmapItem)
    )


@end_property(source="KSM.md P28b progress of the reverse map, with P12 rmap_complete")
def p28_every_pte_is_found(mm: Mm, address: Address) -> bool:
    """After a pass of ksmd that nobody disturbed, a walk from a KSM page finds each of its ptes."""
    match mm.table[address]:
        case Present(page, _, _):
            return not isinstance(page.mapping, Ksm) or found(mm, address, page)
        case _:
            return True


@witness(p28_every_pte_is_found)
def a_ksm_pte_at_the_end(mm: Mm, address: Address) -> bool:
    """A KSM page is mapped at the end, by a pte that a walk finds."""
    match mm.table[address]:
        case Present(page, _, _):
            return found(mm, address, page)
        case _:
            return False
