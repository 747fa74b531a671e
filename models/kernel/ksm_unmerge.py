"""Taking merges back: of one mm by MADV_UNMERGEABLE, of all by writing 2 to run.

Kernel: v2.6.33; v3.9 with remove-all-stable-nodes.
Source: mm/ksm.c (unmerge_ksm_pages, unmerge_and_remove_all_rmap_items, remove_stable_node,
    remove_all_stable_nodes, run_store, ksm_madvise).
Question: none; a part of the kernel that scenarios build on.
Keeps: that ptes are looked at, and not rmap_items; that madvise leaves the rmap_items to ksmd; that
    run_store moves ksmd's cursor from mm to mm, with ksm_thread_mutex held throughout, and frees
    the slots of exiting mms only; that a fault which finds no memory ends it with an error; that a
    node whose page lives on unmapped is removed with its page locked, one whose page is mapped not.
Abstracts: nothing.
Not covered: signals, which end madvise as an error does; a vma in several parts.
"""

from __future__ import annotations

from ksmcheck.lang import (
    down_read,
    down_write,
    mutex_lock,
    patched,
    routine,
    spin_lock,
    spin_unlock,
    up_read,
)
from models.kernel.fault import Fault
from models.kernel.ksm_lists import (
    KsmRun,
    ListOf,
    MmSlot,
    ksm_mm_head,
    ksm_mmlist_lock,
    ksm_scan,
    ksm_test_exit,
    ksm_thread_mutex,
    load_ksm_run,
    note_all_unmerged,
    store_ksm_run,
)
from models.kernel.ksm_merge import break_ksm
from models.kernel.ksm_nodes import (
    get_ksm_page,
    remove_node_from_stable_tree,
    remove_trailing_rmap_items,
)
from models.kernel.ksm_slots import unlink_mm_slot
from models.kernel.ksm_trees import AtNode, root_stable_tree, stable_tree_next
from models.kernel.objects import ADDRESSES, Ksm, Mm, StableNode
from models.kernel.page import put_page, unlock_page


@routine(source="mm/ksm.c", kernel="v2.6.33")
def unmerge_ksm_pages(mm: Mm) -> bool:
    """Breaks every merge of the mm's vma; False when memory ran out. mmap_sem is held."""
    for address in range(ADDRESSES):
        if ksm_test_exit(mm):
            return True
        if break_ksm(mm, address) == Fault.OOM:
            return False
    return True


@routine(source="mm/ksm.c", kernel="v2.6.33")
def ksm_madvise_unmergeable(mm: Mm) -> None:
    """madvise(MADV_UNMERGEABLE) of the mm's vma."""
    with down_write(mm.mmap_sem):
        if not mm.vma_mergeable:
            return
        if mm.anon_vma is not None and not unmerge_ksm_pages(mm):
            return
        mm.vma_mergeable = False
        mm.unmerged = True


@routine(source="mm/ksm.c", kernel="v2.6.33")
def run_store(run: KsmRun) -> None:
    """Somebody writes to /sys/kernel/mm/ksm/run."""
    with mutex_lock(ksm_thread_mutex):
        if load_ksm_run() != run:
            store_ksm_run(run)
            if run == KsmRun.UNMERGE:
                if unmerge_and_remove_all_rmap_items():
                    note_all_unmerged()
                else:
                    store_ksm_run(KsmRun.STOP)


@routine(source="mm/ksm.c", kernel="v2.6.33")
def unmerge_and_remove_all_rmap_items() -> bool:
    """Goes from mm to mm. False when a merge could not be broken for want of memory."""
    with spin_lock(ksm_mmlist_lock):
        ksm_scan.mm_slot = ksm_mm_head.next
    mm_slot = ksm_scan.mm_slot
    while mm_slot is not None and mm_slot != ksm_mm_head:
        mm = mm_slot.mm
        assert mm is not None, "an mm_slot on the list has no mm"
        down_read(mm.mmap_sem)
        if not unmerge_mm(mm):
            up_read(mm.mmap_sem)
            with spin_lock(ksm_mmlist_lock):
                ksm_scan.mm_slot = ksm_mm_head
            return False
        remove_trailing_rmap_items(ListOf(mm_slot))
        leave_unmerged(mm_slot, mm)
        mm_slot = ksm_scan.mm_slot
    if patched("remove-all-stable-nodes"):
        remove_all_stable_nodes()
    ksm_scan.seqnr = 0
    return True


@routine(source="mm/ksm.c", kernel="v2.6.33")
def unmerge_mm(mm: Mm) -> bool:
    """The loop over the areas of an mm, which may be exiting."""
    if ksm_test_exit(mm) or not mm.vma_mergeable or mm.anon_vma is None:
        return True
    return unmerge_ksm_pages(mm)


@routine(source="mm/ksm.c", kernel="v2.6.33")
def leave_unmerged(mm_slot: MmSlot, mm: Mm) -> None:
    """On to the next slot; this one goes only if its mm is exiting."""
    spin_lock(ksm_mmlist_lock)
    ksm_scan.mm_slot = mm_slot.next
    if ksm_test_exit(mm):
        unlink_mm_slot(mm_slot, mm)
    else:
        spin_unlock(ksm_mmlist_lock)
        up_read(mm.mmap_sem)


@routine(source="mm/ksm.c", kernel="v3.9")
def remove_all_stable_nodes() -> None:
    """Empties the stable tree, up to a node whose page is still mapped. The answer is not used."""
    busy = False
    while not busy:
        match stable_tree_next(0, len(root_stable_tree)):
            case AtNode(root, _):
                busy = not remove_stable_node(root)
            case _:
                return


@routine(source="mm/ksm.c", kernel="v3.9")
def remove_stable_node(stable_node: StableNode) -> bool:
    """The page may live on, in the swap cache or in somebody's hand. False: it is mapped."""
    page = get_ksm_page(stable_node, True)
    if page is None:
        return True
    removed = page.mapcount == 0
    if removed:
        page.mapping = Ksm(None)
        page.keyed = None
        remove_node_from_stable_tree(stable_node)
    unlock_page(page)
    put_page(page)
    return removed
