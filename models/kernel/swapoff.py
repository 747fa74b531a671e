"""swapoff: every slot of an area that goes is emptied, and no slot is given out any more.

Kernel: v2.6.33 (read as 2.6.33.3); swapoff-own-entry is older, swapoff-copies is v3.9's (read in a
    tree of v3.10).
Source: mm/swapfile.c (try_to_unuse, find_next_to_unuse, unuse_mm, unuse_vma, unuse_pte).
Question: none; a part of the kernel that scenarios build on.
Keeps: that swapoff comes to the page lock with nothing but a reference, and drops the lock again
    when it has to wait for an mmap_sem; that it looks only where the page's anon_vma says, if the
    page has one, and leaves other anon_vmas to another page, read again from the slot; that such a
    slot is written before its page leaves the swap cache; that ptes are restored for reading only.
Abstracts:
    An area has one slot. The mms that have swapped are all mms, in one fixed order, without the
        memory of where the last entry was found.
    The first wait for the page lock, without taking it, is left out: it only lets faults go first.
Not covered: shmem, signals, swapon, the switch of the area's flag under swap_lock (the scenario
    starts behind it).
"""

from __future__ import annotations

from ksmcheck.lang import (
    atomic,
    down_read,
    down_read_trylock,
    inc_not_zero,
    patched,
    pool,
    routine,
    spin_unlock,
    up_read,
    wait_until,
)
from models.kernel.cow import ksm_does_need_to_copy, ksm_might_need_to_copy
from models.kernel.fault import lock_pte_same
from models.kernel.ksm_slots import mmput
from models.kernel.memcontrol import (
    mem_cgroup_cancel_charge_swapin,
    mem_cgroup_commit_charge,
    mem_cgroup_try_charge_swapin,
)
from models.kernel.memory import release_locked
from models.kernel.objects import ADDRESSES, Address, Anon, Mm, Page, Present, Swapped, SwapSlot
from models.kernel.page import get_page, lock_page, unlock_page
from models.kernel.rmap import page_add_anon_rmap, page_add_new_anon_rmap
from models.kernel.swap_map import swap_free
from models.kernel.swap_state import delete_from_swap_cache, read_swap_cache_async
from models.kernel.vma_place import linear_page_index, of_the_family
from models.kernel.vmscan import swap_writepage


@routine(source="mm/swapfile.c", kernel="v2.6.33")
def try_to_unuse(slot: SwapSlot) -> bool:
    """Until no pte and no page needs the slot. False when there is no memory for its page."""
    while slot_in_use(slot):
        page = read_swap_cache_async(slot)
        if page is None:
            if slot_in_use(slot):
                return False
            continue
        wait_until(not page.writeback)
        lock_page(page)
        wait_until(not page.writeback)
        for mm in pool(Mm):
            if slot.count > 0 and inc_not_zero(mm.mm_users):
                enough = unuse_mm(mm, slot, page)
                mmput(mm)
                if not enough:
                    release_locked(page)
                    return False
        leave_swap_cache(page, slot)
    return True


@routine(source="mm/swapfile.c", kernel="v2.6.33")
def slot_in_use(slot: SwapSlot) -> bool:
    """The slot's byte in the swap map, SWAP_HAS_CACHE included, is not zero."""
    with atomic("one byte, loaded without a lock"):
        return slot.count > 0 or slot.has_cache


@routine(source="mm/swapfile.c", kernel="v2.6.33")
def leave_swap_cache(page: Page, slot: SwapSlot) -> None:
    """The end of a round: the page goes on without the slot, which is read again if need be.

    While the page lock was not held the page may have left the swap cache, and may have come back
    under another slot, to which it has not been written yet.
    """
    if slot.count > 0 and page.dirty and page.private is not None:
        swap_writepage(page)
        lock_page(page)
        wait_until(not page.writeback)
    cached = page.private
    if cached is not None and (not patched("swapoff-own-entry") or cached == slot):
        delete_from_swap_cache(page)
    page.dirty = True
    release_locked(page)


@routine(source="mm/swapfile.c", kernel="v2.6.33")
def unuse_mm(mm: Mm, slot: SwapSlot, page: Page) -> bool:
    """Restores the ptes of one mm that hold the slot. The caller holds the page lock."""
    if not down_read_trylock(mm.mmap_sem):
        unlock_page(page)
        down_read(mm.mmap_sem)
        lock_page(page)
    enough = True
    for address in range(ADDRESSES):
        if enough and mm.anon_vma is not None and may_hold(mm, address, page):
            enough = unuse_pte(mm, address, slot, page)
    up_read(mm.mmap_sem)
    return enough


@routine(source="mm/swapfile.c", kernel="v2.6.33")
def may_hold(mm: Mm, address: Address, page: Page) -> bool:
    """unuse_vma: only the page's own place, if it has one; a KSM page has none."""
    match page.mapping:
        case Anon(anon_vma):
            return of_the_family(anon_vma, mm) and page.index == linear_page_index(mm, address)
        case _:
            return True


@routine(source="mm/swapfile.c", kernel="v2.6.33")
def unuse_pte(mm: Mm, address: Address, slot: SwapSlot, swapcache: Page) -> bool:
    """One pte, looked at without its lock and again with it. False when there is no memory."""
    if mm.table[address] != Swapped(slot):
        return True
    page = swapcache
    if patched("swapoff-copies") and ksm_might_need_to_copy(page, mm, address):
        copy = ksm_does_need_to_copy(page)
        if copy is None:
            return False
        page = copy
    mem = mem_cgroup_try_charge_swapin(mm, page)
    if lock_pte_same(mm, address, Swapped(slot)):
        get_page(page)
        mm.table[address] = Present(page, False, False)
        if page == swapcache:
            page_add_anon_rmap(page, mm, address)
        else:
            page_add_new_anon_rmap(page, mm, address)
        mem_cgroup_commit_charge(page, mem)
        swap_free(slot)
    else:
        mem_cgroup_cancel_charge_swapin(mem)
    spin_unlock(mm.ptl)
    if page != swapcache:
        release_locked(page)
    return True
