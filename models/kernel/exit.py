"""The end of mappings: zapping ptes, munmap, and the end of an mm.

Kernel: v2.6.33.
Source: mm/mmap.c (do_munmap, exit_mmap), mm/memory.c (zap_pte_range, free_pgtables), mm/swapfile.c
    (free_swap_and_cache), mm/swap_state.c (free_page_and_swap_cache).
Question: none; a part of the kernel that scenarios build on.
Keeps: that munmap holds mmap_sem for writing and exit_mmap does not; that the pages of the zapped
    ptes are given back after the page-table section and the flush of the TLBs; that the anon_vma
    is left after the zapping.
Abstracts: an mm has one vma, which goes as a whole.
Not covered: page tables, splitting a vma.
"""

from __future__ import annotations

from ksmcheck.lang import configured, down_read, down_write, routine, spin_lock
from models.kernel.anon_vma import anon_vma_unlink
from models.kernel.mlock import munlock_vma_pages_range
from models.kernel.objects import (
    ADDRESSES,
    INITIAL,
    Address,
    Migrating,
    Mm,
    NoPte,
    Page,
    Present,
    Swapped,
    SwapSlot,
)
from models.kernel.page import find_get_page, put_page, trylock_page, unlock_page
from models.kernel.rmap import page_remove_rmap
from models.kernel.swap_map import swap_free
from models.kernel.swapfile import try_to_free_swap
from models.kernel.tlb import flush_tlb_page


@routine(source="mm/mmap.c", kernel="v2.6.33")
def munmap(mm: Mm) -> None:
    """munmap of the mm's only vma."""
    with down_write(mm.mmap_sem):
        mm.vma_mergeable = False
        unmap_region(mm)


@routine(source="mm/mmap.c", kernel="v2.6.33")
def exit_mmap(mm: Mm) -> None:
    """The address space goes; nobody is left to fault, and no lock is held."""
    mm.exiting = True
    unmap_region(mm)
    mm.vma_mergeable = False


@routine(source="mm/madvise.c", kernel="v2.6.33")
def madvise_dontneed(mm: Mm) -> None:
    """madvise(MADV_DONTNEED): the contents go, the vma stays."""
    with down_read(mm.mmap_sem):
        zap_page_range(mm)


@routine(source="mm/mmap.c", kernel="v2.6.33")
def unmap_region(mm: Mm) -> None:
    """Zaps the ptes, then takes the vma off its anon_vma. Before, what is locked is munlocked."""
    if configured("VM_LOCKED") and mm.vma_locked:
        munlock_vma_pages_range(mm)
    zap_page_range(mm)
    anon_vma_unlink(mm)
    mm.anon_vma = None


@routine(source="mm/memory.c", kernel="v2.6.33")
def zap_page_range(mm: Mm) -> None:
    """Clears all ptes; a page is given back when no CPU remembers it any more."""
    for address in range(ADDRESSES):
        page = zap_pte(mm, address)
        if page is not None:
            flush_tlb_page(mm, address)
            free_page_and_swap_cache(page)


@routine(source="mm/memory.c", kernel="v2.6.33")
def zap_pte(mm: Mm, address: Address) -> Page | None:
    """Clears one pte; the page, if it mapped one, is the caller's to give back."""
    with spin_lock(mm.ptl):
        match mm.table[address]:
            case Present(page, _, _):
                mm.table[address] = NoPte()
                mm.shadow[address] = INITIAL
                page_remove_rmap(page)
                return page
            case Swapped(slot):
                free_swap_and_cache(slot)
                mm.table[address] = NoPte()
                mm.shadow[address] = INITIAL
                return None
            case Migrating(_, _):
                mm.table[address] = NoPte()
                mm.shadow[address] = INITIAL
                return None
            case _:
                return None


@routine(source="mm/swap_state.c", kernel="v2.6.33")
def free_page_and_swap_cache(page: Page) -> None:
    """Drops a pte's reference; the page leaves the swap cache if nobody else can want it."""
    if page.private is not None and page.mapcount == 0 and trylock_page(page):
        try_to_free_swap(page)
        unlock_page(page)
    put_page(page)


@routine(source="mm/swapfile.c", kernel="v2.6.33")
def free_swap_and_cache(slot: SwapSlot) -> None:
    """Gives up a pte's entry; the cached page leaves the cache if it was the last."""
    swap_free(slot)
    if slot.count > 0:
        return
    page = find_get_page(slot)
    if page is None:
        return
    if trylock_page(page):
        if page.mapcount == 0:
            try_to_free_swap(page)
        unlock_page(page)
    put_page(page)
