"""fork: a child gets a copy of its parent's address space, page table entry by entry.

Kernel: v2.6.33.
Source: kernel/fork.c (dup_mm, mm_init, dup_mmap), mm/memory.c (copy_page_range, copy_pte_range,
    copy_one_pte), mm/rmap.c (anon_vma_link), include/linux/ksm.h (ksm_fork),
    include/linux/rmap.h (page_dup_rmap).
Question: none; a part of the kernel that scenarios build on.
Keeps: both mmap_sems, the parent's first, held for writing from end to end; that KSM learns of the
    child before it has a vma; that the child's vma is on the anon_vma's list, where a walk can find
    it, before any pte is copied; both page-table locks, the child's first, around a copy; that the
    parent's pte is write-protected before the child's is stored; that page_dup_rmap counts a pte of
    a page whose lock nobody holds; that a migration entry is copied, for reading in both;
    that the parent's TLBs are flushed after all that (flush_tlb_mm).
Abstracts:
    The child is an mm that the scenario has declared, with no user until it is forked.
    The page-table locks are dropped between two addresses: the kernel may do so after four.
Not covered: failure of an allocation of fork's own, VM_DONTCOPY and VM_LOCKED, file mappings,
    swapoff's list of mms, a swap count that is too large, chains of anon_vmas (v2.6.34).
"""

from __future__ import annotations

from ksmcheck.lang import (
    down_write,
    down_write_nested,
    fetch_add,
    refcount_set,
    routine,
    spin_lock,
    spin_lock_nested,
    spin_unlock,
    up_write,
)
from models.kernel.ksm_slots import __ksm_enter
from models.kernel.objects import ADDRESSES, Address, Migrating, Mm, Page, Present, Swapped
from models.kernel.page import get_page
from models.kernel.rmap_watch import walk_meets
from models.kernel.swap_map import swap_duplicate
from models.kernel.tlb import flush_tlb_page


@routine(source="kernel/fork.c", kernel="v2.6.33")
def fork(oldmm: Mm, mm: Mm) -> bool:
    """dup_mm: the child's mm, with one user. False when KSM has no memory for it."""
    refcount_set(mm.mm_users, 1)
    refcount_set(mm.mm_count, 1)
    mm.exiting = False
    mm.unmerged = False
    return dup_mmap(mm, oldmm)


@routine(source="kernel/fork.c", kernel="v2.6.33")
def dup_mmap(mm: Mm, oldmm: Mm) -> bool:
    """Copies the only vma and its ptes. The parent must not exit meanwhile: it is the caller."""
    down_write(oldmm.mmap_sem)
    down_write_nested(mm.mmap_sem, 1)
    copied = ksm_fork(mm, oldmm)
    if copied:
        anon_vma = oldmm.anon_vma
        mm.vma_mergeable = oldmm.vma_mergeable
        mm.anon_vma = anon_vma
        if anon_vma is not None:
            anon_vma_link(mm)
            copy_page_range(mm, oldmm)
    for address in range(ADDRESSES):
        flush_tlb_page(oldmm, address)
    up_write(mm.mmap_sem)
    up_write(oldmm.mmap_sem)
    return copied


@routine(source="include/linux/ksm.h", kernel="v2.6.33")
def ksm_fork(mm: Mm, oldmm: Mm) -> bool:
    """The child of a registered mm is registered; its rmap_items are left for ksmd to make."""
    if oldmm.mmf_vm_mergeable:
        return __ksm_enter(mm)
    return True


@routine(source="mm/rmap.c", kernel="v2.6.33")
def anon_vma_link(mm: Mm) -> None:
    """The vma joins the list of the anon_vma that it has from its parent."""
    anon_vma = mm.anon_vma
    if anon_vma is None:
        return
    spin_lock(anon_vma.lock)
    anon_vma.vmas.add(mm)
    spin_unlock(anon_vma.lock)


@routine(source="mm/memory.c", kernel="v2.6.33")
def copy_page_range(mm: Mm, oldmm: Mm) -> None:
    """copy_pte_range, one address to a section of both locks."""
    for address in range(ADDRESSES):
        spin_lock(mm.ptl)
        spin_lock_nested(oldmm.ptl, 1)
        copy_one_pte(mm, oldmm, address)
        spin_unlock(oldmm.ptl)
        spin_unlock(mm.ptl)


@routine(source="mm/memory.c", kernel="v2.6.33")
def copy_one_pte(mm: Mm, oldmm: Mm, address: Address) -> None:
    """The child's pte becomes the parent's, and neither may be written without a copy."""
    match oldmm.table[address]:
        case Present(page, write, dirty):
            if write:
                oldmm.table[address] = Present(page, False, dirty)
            get_page(page)
            page_dup_rmap(page)
            walk_meets(page, mm)
            mm.table[address] = Present(page, False, dirty)
            mm.shadow[address] = oldmm.shadow[address]
        case Swapped(slot):
            swap_duplicate(slot)
            mm.table[address] = Swapped(slot)
            mm.shadow[address] = oldmm.shadow[address]
        case Migrating(page, write):
            if write:
                oldmm.table[address] = Migrating(page, False)
            mm.table[address] = Migrating(page, False)
            mm.shadow[address] = oldmm.shadow[address]
        case _:
            pass


@routine(source="include/linux/rmap.h", kernel="v2.6.33")
def page_dup_rmap(page: Page) -> None:
    """One more pte, of a page that has one: whose it is does not change."""
    fetch_add(page.mapcount, 1)
