"""Copies of pages: on a write fault, and when a swapped-in KSM page has lost its anon_vma.

Kernel: v2.6.35 (read as 2.6.33.7); patch swapin-recheck as in 2.6.36.2.
Source: mm/memory.c (do_wp_page's second half, later called wp_page_copy), include/linux/ksm.h and
    mm/ksm.c (ksm_might_need_to_copy, ksm_does_need_to_copy).
Question: none; a part of the kernel that scenarios build on.
Keeps: that the copy is made with no lock held and the pte compared afterwards; that the old page
    loses its pte count only after the new pte is in place; that both references to it are dropped
    inside the page-table section; that an mlocked page is munlocked before its copy is mapped.
Abstracts:
    A page is copied in one step. The copy is nobody else's before it is on the LRU.
Not covered: copies torn by a concurrent store.
"""

from __future__ import annotations

from ksmcheck.lang import alloc, atomic, configured, patched, routine, spin_unlock
from models.kernel.fault import Fault, lock_pte_same
from models.kernel.ksm_lists import KsmRun, load_ksm_run
from models.kernel.memcontrol import mem_cgroup_newpage_charge, mem_cgroup_uncharge_page
from models.kernel.mlock import clear_page_mlock
from models.kernel.objects import Address, Anon, Ksm, Mm, Page, Present
from models.kernel.page import __set_page_locked, lock_page, put_page, unlock_page
from models.kernel.rmap import page_add_new_anon_rmap, page_remove_rmap
from models.kernel.tlb import ptep_clear_flush
from models.kernel.vma_place import linear_page_index, of_the_family


@routine(source="mm/memory.c", kernel="v2.6.35")
def wp_page_copy(mm: Mm, address: Address, old_page: Page, dirty: bool) -> Fault:
    """Maps a copy in place of a page to which the caller holds a reference, and no lock."""
    new_page = cow_user_page(old_page)
    if new_page is None:
        put_page(old_page)
        return Fault.OOM
    if configured("VM_LOCKED") and mm.vma_locked:
        lock_page(old_page)
        clear_page_mlock(old_page)
        unlock_page(old_page)
    mem_cgroup_newpage_charge(new_page, mm)
    if not lock_pte_same(mm, address, Present(old_page, False, dirty)):
        mem_cgroup_uncharge_page(new_page)
        put_page(new_page)
        put_page(old_page)
        spin_unlock(mm.ptl)
        return Fault.RETRY
    ptep_clear_flush(mm, address)
    page_add_new_anon_rmap(new_page, mm, address)
    mm.table[address] = Present(new_page, True, True)
    page_remove_rmap(old_page)
    put_page(old_page)
    put_page(old_page)
    spin_unlock(mm.ptl)
    return Fault.DONE


@routine(source="mm/memory.c", kernel="v2.6.35")
def cow_user_page(old_page: Page) -> Page | None:
    """A new page with the old one's content."""
    new_page = alloc(Page, refcount=1, may_sleep=True)
    if new_page is not None:
        with atomic("a page is copied at one moment, into a page that nobody else has"):
            new_page.content = old_page.content
    return new_page


@routine(source="include/linux/ksm.h", kernel="v2.6.35")
def ksm_might_need_to_copy(page: Page, mm: Mm, address: Address) -> bool:
    """An ordinary anonymous page of another anon_vma, or of another place in this one.

    Since v3.9 also a KSM page that is not to be shared any further.
    """
    match page.mapping:
        case Anon(anon_vma):
            return not of_the_family(anon_vma, mm) or page.index != linear_page_index(mm, address)
        case Ksm(node):
            if not patched("copy-when-unmerging"):
                return False
            return node is None or load_ksm_run() == KsmRun.UNMERGE
        case _:
            return False


@routine(source="mm/ksm.c", kernel="v2.6.35")
def ksm_does_need_to_copy(page: Page) -> Page | None:
    """A locked copy of a page to which the caller holds a reference."""
    copy = cow_user_page(page)
    if copy is not None:
        copy.dirty = True
        __set_page_locked(copy)
        copy.ksm_copy = True
        if not patched("exksm-copy-new-rmap"):
            copy.lru = True
    return copy
