"""Migration and memory hotremove: no entry is left behind, no node points to what is gone."""

from __future__ import annotations

from ksmcheck.lang import invariant, is_live, locked, witness
from models.kernel.ksm_trees import root_stable_tree
from models.kernel.objects import Address, Migrating, Mm, Page, StableNode


@invariant(source="KSM.md P21 migration_entries_resolved; e9995ef978a7")
def p21_entries_resolved(mm: Mm, address: Address) -> bool:
    """A migration entry's page is locked: when migration unlocks it, no entry is left."""
    match mm.table[address]:
        case Migrating(page, _):
            return locked(page.locked)
        case _:
            return True


@witness(p21_entries_resolved)
def a_migration_entry(mm: Mm, address: Address) -> bool:
    """A pte is a migration entry."""
    return isinstance(mm.table[address], Migrating)


@invariant(source="KSM.md P25 hotremove_post; 62b61f611eb5")
def p25_no_node_of_removed_frame(node: StableNode) -> bool:
    """No node in the stable tree points to a frame that has been taken out."""
    return not is_live(node) or node not in root_stable_tree or not node.kpfn.removed


@witness(p25_no_node_of_removed_frame)
def a_node_outlives_its_frame(node: StableNode) -> bool:
    """A node has moved to another frame, or has been removed, before its frame was taken out."""
    return not is_live(node) or node not in root_stable_tree


@invariant(source="KSM.md P11 anon_vma_life; e9995ef978a7 admits it, 1ce82b69e96c closes it")
def p11_walk_of_live_anon_vma(page: Page) -> bool:
    """The anon_vma whose vmas migration goes through has not been freed."""
    return page.walks is None or is_live(page.walks)


@witness(p11_walk_of_live_anon_vma)
def a_walk_of_an_anon_vma(page: Page) -> bool:
    """Migration goes through the vmas of an anon_vma."""
    return page.walks is not None
