"""mremap: a vma's ptes move to another place of the same process.

Kernel: v2.6.33, v2.6.32; the test of 1ff829957316 as a patch.
Source: mm/mremap.c (do_mremap with MREMAP_FIXED, move_vma, move_ptes), read in 2.6.32.2.
Question: none; a part of the kernel that scenarios build on.
Keeps: that the destination is unmapped first; that KSM pages are broken up before the move, and an
    error of that ends it; that the new vma is on the list of the anon_vma before the ptes move; the
    empty pte between the two stores, under both page-table locks.
Abstracts: an mm has one vma here, so the two places of a process are two Mm objects, and mmap_sem
    is both of theirs. ksmd looks at one place at a time, so it cannot tell, but for a moment
    between the two locks, in which nothing has changed yet. That an rmap_item's address is not in
    the other vma's range can not be said: whether a walk finds the moved pte is not to be asked.
Not covered: growing, shrinking, moving a part; VM_LOCKED.
"""

from __future__ import annotations

from ksmcheck.lang import (
    down_write,
    down_write_nested,
    patched,
    routine,
    spin_lock,
    spin_lock_nested,
)
from models.kernel.exit import unmap_region
from models.kernel.ksm_unmerge import unmerge_ksm_pages
from models.kernel.objects import ADDRESSES, INITIAL, Address, Mm, NoPte
from models.kernel.tlb import ptep_clear_flush


@routine(source="mm/mremap.c", kernel="v2.6.33")
def mremap(area: Mm, target: Mm) -> None:
    """mremap with MREMAP_FIXED: moves an area to where another one of the same process is."""
    with down_write(area.mmap_sem), down_write_nested(target.mmap_sem, 1):
        target.vma_mergeable = False
        unmap_region(target)
        move_vma(area, target)


@routine(source="mm/mremap.c", kernel="v2.6.33")
def move_vma(area: Mm, target: Mm) -> None:
    """A vma at the new place, the ptes, and then the old vma goes. mmap_sem is held for writing."""
    anon_vma = area.anon_vma
    if anon_vma is None:
        return
    mergeable = area.vma_mergeable
    if patched("unmerge-before-move") and mergeable and not unmerge_ksm_pages(area):
        return
    target.anon_vma = anon_vma
    with spin_lock(anon_vma.lock):
        anon_vma.vmas.add(target)
    target.vma_mergeable = mergeable
    for address in range(ADDRESSES):
        move_pte(area, target, address)
    area.vma_mergeable = False
    unmap_region(area)


@routine(source="mm/mremap.c", kernel="v2.6.33")
def move_pte(area: Mm, target: Mm, address: Address) -> None:
    """move_ptes, for one pte."""
    with spin_lock(area.ptl), spin_lock_nested(target.ptl, 1):
        if not isinstance(area.table[address], NoPte):
            pte = ptep_clear_flush(area, address)
            target.table[address] = pte
            target.shadow[address] = area.shadow[address]
            area.shadow[address] = INITIAL
