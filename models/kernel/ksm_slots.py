"""How an mm comes to KSM and leaves it.

Kernel: v2.6.33; the same up to v3.8, and in v3.9 with enter-at-tail-when-unmerging.
Source: mm/ksm.c (__ksm_enter, __ksm_exit, ksm_madvise), include/linux/ksm.h (ksm_exit),
    kernel/fork.c (mmput, mmdrop).
Question: none; a part of the kernel that scenarios build on.
Keeps: that the last user of an mm frees its slot at once only if the cursor is elsewhere and there
    are no rmap_items, moves it to be next otherwise, and pulses mmap_sem so that ksmd is out of the
    mm's page tables; that the slot's flag and reference come after its place on the list.
Abstracts: ksmd needs no wake-up: it is always about to look.
Not covered: MADV_UNMERGEABLE and run=2, which are in ksm_unmerge.py.
"""

from __future__ import annotations

from ksmcheck.lang import (
    alloc,
    dec_and_test,
    down_write,
    free,
    patched,
    refcount_inc,
    routine,
    spin_lock,
    spin_unlock,
    up_read,
    up_write,
)
from models.kernel.exit import exit_mmap
from models.kernel.ksm_lists import (
    KsmRun,
    MmSlot,
    get_mm_slot,
    ksm_mm_head,
    ksm_mmlist_lock,
    ksm_scan,
    list_add_tail,
    list_del,
    list_move,
    load_ksm_run,
    mm_slots_hash,
)
from models.kernel.objects import Mm


@routine(source="mm/ksm.c", kernel="v2.6.33")
def ksm_madvise_mergeable(mm: Mm) -> None:
    """madvise(MADV_MERGEABLE) of the mm's vma."""
    down_write(mm.mmap_sem)
    if mm.mmf_vm_mergeable or __ksm_enter(mm):
        mm.vma_mergeable = True
        mm.unmerged = False
    up_write(mm.mmap_sem)


@routine(source="mm/ksm.c", kernel="v2.6.33")
def __ksm_enter(mm: Mm) -> bool:
    """Registers the mm, just behind the cursor. False when there is no memory.

    While all is being unmerged the cursor must still come by: then it goes to the end of the list.
    """
    mm_slot = alloc(MmSlot, may_sleep=True)
    if mm_slot is None:
        return False
    spin_lock(ksm_mmlist_lock)
    mm_slot.mm = mm
    mm_slots_hash.add(mm_slot)
    if patched("enter-at-tail-when-unmerging") and load_ksm_run() == KsmRun.UNMERGE:
        list_add_tail(mm_slot, ksm_mm_head)
    else:
        cursor = ksm_scan.mm_slot
        assert cursor is not None, "ksm_init has not run"
        list_add_tail(mm_slot, cursor)
    spin_unlock(ksm_mmlist_lock)
    mm.mmf_vm_mergeable = True
    refcount_inc(mm.mm_count)
    return True


@routine(source="mm/ksm.c", kernel="v2.6.33")
def __ksm_exit(mm: Mm) -> None:
    """The mm is exiting: frees its slot, or leaves it to ksmd and waits until ksmd is out."""
    easy_to_free = False
    spin_lock(ksm_mmlist_lock)
    mm_slot = get_mm_slot(mm)
    cursor = ksm_scan.mm_slot
    if mm_slot is not None and cursor is not None and cursor != mm_slot:
        if mm_slot.rmap_list is None:
            mm_slots_hash.discard(mm_slot)
            list_del(mm_slot)
            easy_to_free = True
        else:
            list_move(mm_slot, cursor)
    spin_unlock(ksm_mmlist_lock)
    if mm_slot is None:
        return
    if easy_to_free:
        free(mm_slot)
        mm.mmf_vm_mergeable = False
        mmdrop(mm)
    elif patched("exit-waits-for-ksmd"):
        down_write(mm.mmap_sem)
        up_write(mm.mmap_sem)


@routine(source="mm/ksm.c", kernel="v2.6.33")
def unlink_mm_slot(mm_slot: MmSlot, mm: Mm) -> None:
    """The slot goes, and with it its hold on the mm; ends the sections of the list and the mm."""
    mm_slots_hash.discard(mm_slot)
    list_del(mm_slot)
    spin_unlock(ksm_mmlist_lock)
    free(mm_slot)
    mm.mmf_vm_mergeable = False
    up_read(mm.mmap_sem)
    mmdrop(mm)


@routine(source="kernel/fork.c", kernel="v2.6.33")
def mmput(mm: Mm) -> None:
    """A user leaves; the last one takes the address space apart."""
    if dec_and_test(mm.mm_users):
        if mm.mmf_vm_mergeable:
            __ksm_exit(mm)
        exit_mmap(mm)
        mmdrop(mm)


@routine(source="kernel/fork.c", kernel="v2.6.33")
def mmdrop(mm: Mm) -> None:
    """A reference to the mm_struct less. It is not freed here: properties look at the count."""
    dec_and_test(mm.mm_count)
