"""Page faults: from the pte to the page, and back into the page table.

Kernel: v2.6.35, which is the code without the patches of patches.py (read as 2.6.33.7); v2.6.36.2
    with the two swap-in fixes. The way past the swap cache is swapin_bypass.py, copies are cow.py.
Source: mm/memory.c (handle_pte_fault, do_anonymous_page, do_swap_page, do_wp_page,
    follow_page).
Question: none; a part of the kernel that scenarios build on.
Keeps: the order of page lock, page-table lock, pte comparison, reuse, pte store, swap_free and
    unlock; that between the lookup and the page lock a fault holds nothing but a reference; that
    do_wp_page runs on with the page-table lock still held after the page lock is gone; that
    swap_free is for the fault's entry, whatever slot the page has by now.
Abstracts:
    The user's store translates and writes in one step, and needs a writable pte at that moment.
    When there is no memory, or the slot is free again, the thread simply faults again.
Not covered: zero page (a read of an untouched address gets a page of its own), file
    mappings, hwpoison entries, anon_vma_prepare, VM_FAULT_OOM's end.
"""

from __future__ import annotations

from ksmcheck.lang import (
    alloc,
    atomic,
    configured,
    down_read,
    patched,
    routine,
    spin_lock,
    spin_unlock,
)
from models.kernel.cow import ksm_does_need_to_copy, ksm_might_need_to_copy, wp_page_copy
from models.kernel.fault import Fault, lock_pte_same, no_page
from models.kernel.memcontrol import (
    mem_cgroup_cancel_charge_swapin,
    mem_cgroup_commit_charge,
    mem_cgroup_newpage_charge,
    mem_cgroup_try_charge_swapin,
    mem_cgroup_uncharge_page,
)
from models.kernel.migrate_ptes import migration_entry_wait
from models.kernel.objects import (
    Address,
    Content,
    Migrating,
    Mm,
    NoPte,
    Page,
    Present,
    Swapped,
    SwapSlot,
)
from models.kernel.page import (
    PageAnon,
    PageKsm,
    get_page,
    lock_page,
    put_page,
    trylock_page,
    unlock_page,
)
from models.kernel.rmap import do_page_add_anon_rmap, page_add_new_anon_rmap
from models.kernel.swap_map import swap_free, vm_swap_full
from models.kernel.swap_state import lookup_swap_cache, swapin_readahead
from models.kernel.swapfile import reuse_swap_page, try_to_free_swap
from models.kernel.swapin_bypass import do_swap_page_bypass


@routine(source="user space")
def user_write(mm: Mm, address: Address, value: Content) -> None:
    """A thread stores a value, and faults as often as it takes."""
    while True:
        if do_page_fault(mm, address, True) == Fault.DONE and store(mm, address, value):
            return


@routine(source="user space")
def store(mm: Mm, address: Address, value: Content) -> bool:
    """One attempt of the CPU to store: it needs a writable pte at that moment."""
    with atomic("the CPU translates and stores in one go"):
        match mm.table[address]:
            case Present(page, True, _):
                page.content = value
                mm.shadow[address] = value
                return True
            case _:
                return False


@routine(source="user space")
def user_read(mm: Mm, address: Address) -> None:
    """A thread loads from an address. What it finds there is for p3_ksm_invisible to judge."""
    while do_page_fault(mm, address, False) != Fault.DONE:
        pass


@routine(source="arch/x86/mm/fault.c", kernel="v2.6.35")
def do_page_fault(mm: Mm, address: Address, write: bool) -> Fault:
    """One fault, with the vma held in place by mmap_sem."""
    with down_read(mm.mmap_sem):
        return handle_pte_fault(mm, address, write)


@routine(source="mm/memory.c", kernel="v2.6.35")
def handle_pte_fault(mm: Mm, address: Address, write: bool) -> Fault:
    """Looks at the pte without a lock and calls the handler; the handler looks again, locked."""
    orig_pte = mm.table[address]
    match orig_pte:
        case NoPte():
            return do_anonymous_page(mm, address, write)
        case Swapped(slot):
            return do_swap_page(mm, address, slot, write)
        case Present(page, writable, dirty):
            if not lock_pte_same(mm, address, Present(page, writable, dirty)):
                spin_unlock(mm.ptl)
                return Fault.RETRY
            if write and not writable:
                return do_wp_page(mm, address, page, dirty)
            spin_unlock(mm.ptl)
            return Fault.DONE
        case _:
            return migration_entry_wait(mm, address)


@routine(source="mm/memory.c", kernel="v2.6.35")
def do_anonymous_page(mm: Mm, address: Address, write: bool) -> Fault:
    """The first touch of an address."""
    page = alloc(Page, refcount=1, may_sleep=True)
    if page is None:
        return Fault.OOM
    mem_cgroup_newpage_charge(page, mm)
    if not lock_pte_same(mm, address, NoPte()):
        spin_unlock(mm.ptl)
        mem_cgroup_uncharge_page(page)
        put_page(page)
        return Fault.RETRY
    page_add_new_anon_rmap(page, mm, address)
    mm.table[address] = Present(page, write, write)
    spin_unlock(mm.ptl)
    return Fault.DONE


@routine(source="mm/memory.c", kernel="v2.6.35")
def do_swap_page(mm: Mm, address: Address, slot: SwapSlot, write: bool) -> Fault:
    """The pte was this slot's swap entry: find or read the page, and lock it."""
    page = lookup_swap_cache(slot)
    if page is None:
        if patched("swap-skip-cache") and slot.count == 1:
            return do_swap_page_bypass(mm, address, slot, write)
        page = swapin_readahead(slot)
        if page is None:
            return no_page(mm, address, slot)
    lock_page(page)
    if swapcache_changed(page, slot):
        release_locked(page)
        return Fault.RETRY
    swapcache: Page | None = None
    if ksm_might_need_to_copy(page, mm, address):
        if patched("swapin-copy-locked"):
            swapcache = page
            copy = ksm_does_need_to_copy(page)
            if copy is None:
                release_locked(page)
                return Fault.OOM
        else:
            unlock_page(page)
            copy = ksm_does_need_to_copy(page)
            put_page(page)
            if copy is None:
                return Fault.OOM
        page = copy
    return map_swapped_page(mm, address, slot, page, write, swapcache)


@routine(source="mm/memory.c", kernel="v2.6.36")
def swapcache_changed(page: Page, slot: SwapSlot) -> bool:
    """The page has left the swap cache, or has come back under another slot, while we waited."""
    if patched("swapin-recheck-entry"):
        return page.private != slot
    if patched("swapin-recheck"):
        return page.private is None
    return False


@routine(source="mm/memory.c", kernel="v2.6.35")
def map_swapped_page(
    mm: Mm, address: Address, slot: SwapSlot, page: Page, write: bool, swapcache: Page | None
) -> Fault:
    """do_swap_page from the page-table lock on. ``swapcache``: locked original of a KSM copy."""
    mem = mem_cgroup_try_charge_swapin(mm, page)
    if not lock_pte_same(mm, address, Swapped(slot)):
        mem_cgroup_cancel_charge_swapin(mem)
        spin_unlock(mm.ptl)
        release_locked(page)
        if swapcache is not None:
            release_locked(swapcache)
        return Fault.RETRY
    exclusive = write and reuse_swap_page(page)
    mm.table[address] = Present(page, exclusive, exclusive)
    if not patched("page-lock-add-rmap"):
        unlock_page(page)
    if patched("exksm-copy-new-rmap") and swapcache is not None:
        page_add_new_anon_rmap(page, mm, address)
    else:
        do_page_add_anon_rmap(page, mm, address, exclusive)
    mem_cgroup_commit_charge(page, mem)
    swap_free(slot)
    if patched("page-lock-add-rmap"):
        if vm_swap_full() or (configured("VM_LOCKED") and (mm.vma_locked or page.mlocked)):
            try_to_free_swap(page)
        unlock_page(page)
    if swapcache is not None:
        release_locked(swapcache)
    if write and not exclusive:
        return do_wp_page(mm, address, page, False)
    spin_unlock(mm.ptl)
    return Fault.DONE


@routine(source="mm/memory.c", kernel="v2.6.35")
def release_locked(page: Page) -> None:
    """Unlocks a page and drops the reference to it."""
    unlock_page(page)
    put_page(page)


@routine(source="mm/memory.c", kernel="v2.6.35")
def do_wp_page(mm: Mm, address: Address, old_page: Page, dirty: bool) -> Fault:
    """A store to a read-only pte. Entered with the page-table lock, left without it."""
    if PageAnon(old_page) and not (patched("wp-copies-ksm") and PageKsm(old_page)):
        if not trylock_page(old_page):
            get_page(old_page)
            spin_unlock(mm.ptl)
            lock_page(old_page)
            if not lock_pte_same(mm, address, Present(old_page, False, dirty)):
                unlock_page(old_page)
                put_page(old_page)
                spin_unlock(mm.ptl)
                return Fault.RETRY
            put_page(old_page)
        reuse = reuse_swap_page(old_page)
        unlock_page(old_page)
        if reuse:
            mm.table[address] = Present(old_page, True, True)
            spin_unlock(mm.ptl)
            return Fault.DONE
    get_page(old_page)
    spin_unlock(mm.ptl)
    return wp_page_copy(mm, address, old_page, dirty)


@routine(source="mm/memory.c", kernel="v2.6.33")
def follow_page(mm: Mm, address: Address, wait: bool = False) -> Page | None:
    """The page that a pte maps, with a reference (FOLL_GET).

    ``wait``: for a page that is being moved, too (FOLL_MIGRATION).
    """
    while True:
        spin_lock(mm.ptl)
        orig_pte = mm.table[address]
        match orig_pte:
            case Present(page, _, _):
                get_page(page)
                spin_unlock(mm.ptl)
                return page
            case _:
                spin_unlock(mm.ptl)
        if not wait or not isinstance(orig_pte, Migrating):
            return None
        migration_entry_wait(mm, address)
