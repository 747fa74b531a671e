"""What is left of KSM where it has been told to go."""

from __future__ import annotations

from ksmcheck.lang import invariant, locked, predicate, witness
from models.kernel.ksm_lists import all_unmerged, ksm_thread_mutex
from models.kernel.ksm_trees import root_stable_tree
from models.kernel.objects import Address, Ksm, Mm, Present


@predicate
def maps_ksm_page(mm: Mm, address: Address) -> bool:
    """The pte maps a KSM page."""
    match mm.table[address]:
        case Present(page, _, _):
            return isinstance(page.mapping, Ksm)
        case _:
            return False


@invariant(source="KSM.md P24 unmerge_post: madvise")
def p24_madvise_unmerged(mm: Mm, address: Address) -> bool:
    """After MADV_UNMERGEABLE no KSM page is mapped in the area, and none appears there."""
    return not mm.unmerged or not maps_ksm_page(mm, address)


@witness(p24_madvise_unmerged)
def an_unmerged_page(mm: Mm, address: Address) -> bool:
    """MADV_UNMERGEABLE has succeeded in a place where a page is mapped."""
    return mm.unmerged and isinstance(mm.table[address], Present)


@invariant(source="KSM.md P24 unmerge_post: run=2; cbf86cfe04a6")
def p24_run_unmerged(mm: Mm, address: Address) -> bool:
    """When 2 has been written to run, no mm that is not exiting maps a KSM page."""
    return not all_unmerged or mm.mm_users == 0 or not maps_ksm_page(mm, address)


@witness(p24_run_unmerged)
def all_is_unmerged(mm: Mm, address: Address) -> bool:
    """Everything has been unmerged, and a page is mapped."""
    return all_unmerged and isinstance(mm.table[address], Present)


@invariant(source="KSM.md P24 unmerge_post: the tree; cbf86cfe04a6")
def p24_tree_empty() -> bool:
    """When 2 has been written to run, the stable tree is empty. A mapped page's node may stay."""
    return not all_unmerged or locked(ksm_thread_mutex) or len(root_stable_tree) == 0


@witness(p24_tree_empty)
def the_tree_was_emptied() -> bool:
    """Everything has been unmerged, and nobody is at work on the trees."""
    return all_unmerged and not locked(ksm_thread_mutex)
