"""ksmd's way through the mms: the cursor, and what it finds next.

Kernel: v2.6.33; v3.0 with recheck-head.
Source: mm/ksm.c (scan_get_next_rmap_item, ksm_do_scan, ksm_scan_thread), mm/memory.c (follow_page).
Question: none; a part of the kernel that scenarios build on.
Keeps: the unlocked test for an empty list before the cursor leaves the head under the lock; the
    tests for exit inside mmap_sem; that a slot without mergeable areas is unlinked with mmap_sem
    held, and its mm dropped after that.
Abstracts: the loop over the vmas is one over the addresses, for an mm has one vma or none.
    ksmd sleeps on an empty list only; that it is empty is looked at once, by the scan.
Not covered: the draining of pagevecs (v3.9).
"""

from __future__ import annotations

from typing import Annotated

from ksmcheck.lang import (
    Range,
    Word,
    down_read,
    mutex_lock,
    patched,
    routine,
    spin_lock,
    spin_unlock,
    up_read,
)
from models.kernel.ksm_cmp import cmp_and_merge_page
from models.kernel.ksm_compare import calc_checksum
from models.kernel.ksm_lists import (
    After,
    KsmRun,
    ListOf,
    MmSlot,
    enter_mm,
    ksm_mm_head,
    ksm_mmlist_lock,
    ksm_scan,
    ksm_test_exit,
    ksm_thread_mutex,
    leave_mm,
    load_ksm_run,
)
from models.kernel.ksm_merge import break_cow_at
from models.kernel.ksm_nodes import (
    get_next_rmap_item,
    remove_rmap_item_from_tree,
    remove_trailing_rmap_items,
)
from models.kernel.ksm_slots import unlink_mm_slot
from models.kernel.ksm_trees import reset_unstable_tree
from models.kernel.memory import follow_page
from models.kernel.objects import ADDRESSES, SEQNRS, Address, Mm, Page, RmapItem, Tree
from models.kernel.page import PageAnon, PageKsm, put_page


class Scan(Word):
    """What scan_get_next_rmap_item gives: the item, and the page through its pointer."""


class Nothing(Scan):
    """The end of the mm, or of the pass."""


class OutOfMemory(Scan):
    """There was a page and no memory for an item: NULL, too."""


class Scanned(Scan):
    """An item and its page, with a reference."""

    item: RmapItem
    page: Page


Batch = Annotated[int, Range(0, 15)]
"""pages_to_scan."""


@routine(source="mm/ksm.c", kernel="v2.6.33")
def ksm_scan_thread(scan_npages: Batch = 1) -> None:
    """One round of ksmd: a batch under ksm_thread_mutex, if KSM is to run."""
    with mutex_lock(ksm_thread_mutex):
        if load_ksm_run() == KsmRun.MERGE:
            ksm_do_scan(scan_npages)


@routine(source="mm/ksm.c", kernel="v2.6.33")
def ksm_do_scan(scan_npages: Batch) -> None:
    """Takes up so many pages, or all that are left of the pass. Under ksm_thread_mutex."""
    left: Batch = scan_npages
    while left > 0:
        left -= 1
        match scan_get_next_rmap_item():
            case Scanned(item, page):
                scan_found(item, page)
                put_page(page)
            case _:
                return


@routine(source="mm/ksm.c", kernel="v2.6.33")
def scan_found(rmap_item: RmapItem, page: Page) -> None:
    """What becomes of a page. A KSM page that can not be swapped is not kept for one pte."""
    if not PageKsm(page) or rmap_item.tree != Tree.STABLE:
        cmp_and_merge_page(page, rmap_item)
    elif not patched("ksm-swappable") and page.mapcount == 1:
        break_cow_at(rmap_item)
        remove_rmap_item_from_tree(rmap_item)
        rmap_item.oldchecksum = calc_checksum(page)


@routine(source="mm/ksm.c", kernel="v2.6.33")
def scan_get_next_rmap_item() -> Scan:
    """The next mapped anonymous page of a mergeable area, and the item for its place."""
    if ksm_mm_head.next == ksm_mm_head:
        return Nothing()
    slot = ksm_scan.mm_slot
    assert slot is not None, "ksm_init has not run"
    if slot == ksm_mm_head:
        reset_unstable_tree()
        slot = first_mm_slot()
        if patched("recheck-head") and slot == ksm_mm_head:
            return Nothing()
        start_mm_slot(slot)
    while True:
        found = scan_mm_slot(slot)
        if not isinstance(found, Nothing):
            return found
        slot = ksm_scan.mm_slot
        assert slot is not None, "the cursor stands on the head at least"
        if slot == ksm_mm_head:
            ksm_scan.seqnr = (ksm_scan.seqnr + 1) % SEQNRS
            return Nothing()
        start_mm_slot(slot)


@routine(source="mm/ksm.c", kernel="v2.6.33")
def first_mm_slot() -> MmSlot:
    """Takes the cursor from the head to what comes first, which may be the head again."""
    with spin_lock(ksm_mmlist_lock):
        slot = ksm_mm_head.next
        assert slot is not None, "ksm_init has not run"
        ksm_scan.mm_slot = slot
    return slot


@routine(source="mm/ksm.c", kernel="v2.6.33")
def start_mm_slot(slot: MmSlot) -> None:
    """The cursor is at the beginning of the slot's address space and of its items."""
    ksm_scan.address = 0
    ksm_scan.rmap_list = ListOf(slot)


@routine(source="mm/ksm.c", kernel="v2.6.33")
def scan_mm_slot(slot: MmSlot) -> Scan:
    """The rest of one mm: its next page, or on to the next slot."""
    mm = slot.mm
    assert mm is not None, "the head of the list is taken for an mm_slot"
    down_read(mm.mmap_sem)
    found = scan_vma(slot, mm)
    if not isinstance(found, Nothing):
        up_read(mm.mmap_sem)
        return found
    if ksm_test_exit(mm):
        start_mm_slot(slot)
    remove_trailing_rmap_items(ksm_scan.rmap_list)
    leave_mm_slot(slot, mm)
    return Nothing()


@routine(source="mm/ksm.c", kernel="v2.6.33")
def scan_vma(slot: MmSlot, mm: Mm) -> Scan:
    """The loop over the areas, with mmap_sem held."""
    if ksm_test_exit(mm) or not mm.vma_mergeable:
        return Nothing()
    if mm.anon_vma is None:
        ksm_scan.address = ADDRESSES
    for address in range(ADDRESSES):
        if ksm_scan.address == address:
            if ksm_test_exit(mm):
                return Nothing()
            enter_mm(mm)
            page = follow_page(mm, address)
            leave_mm(mm)
            if page is not None and PageAnon(page):
                return scan_page(slot, address, page)
            if page is not None:
                put_page(page)
            ksm_scan.address = address + 1
    return Nothing()


@routine(source="mm/ksm.c", kernel="v2.6.33")
def scan_page(slot: MmSlot, address: Address, page: Page) -> Scan:
    """The item for a page that was found, with the cursor behind it."""
    rmap_item = get_next_rmap_item(slot, address)
    if rmap_item is None:
        put_page(page)
        return OutOfMemory()
    ksm_scan.rmap_list = After(rmap_item)
    ksm_scan.address = address + 1
    return Scanned(rmap_item, page)


@routine(source="mm/ksm.c", kernel="v2.6.33")
def leave_mm_slot(slot: MmSlot, mm: Mm) -> None:
    """On to the next slot; this one goes if nothing mergeable was found in all of its mm."""
    spin_lock(ksm_mmlist_lock)
    ksm_scan.mm_slot = slot.next
    if ksm_scan.address == 0:
        unlink_mm_slot(slot, mm)
    else:
        spin_unlock(ksm_mmlist_lock)
        up_read(mm.mmap_sem)
