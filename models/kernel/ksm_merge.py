"""Merging: a page becomes a KSM page, or gives its place to one.

Kernel: v2.6.33, with guards of db114b83ab6c and 80e148226028 as patches.
Source: mm/ksm.c (try_to_merge_two_pages, try_to_merge_with_ksm_page, try_to_merge_one_page,
    write_protect_page, replace_page, break_cow, break_ksm, get_mergeable_page). What is merged with
    what: ksm_cmp.py.
Question: none; a part of the kernel that scenarios build on.
Keeps: that contents are compared again under write protection; the empty pte during the comparison
    of the counts; that the pte is switched before the item is on the node's list, and that mmap_sem
    is free in between; the page without a node between its upgrade and the insertion; without
    upgrade-in-place the copy that both pages give their place to.
Abstracts: nothing.
Not covered: secondary MMUs; the limit on KSM pages before v2.6.33.
"""

from __future__ import annotations

from ksmcheck.lang import (
    alloc,
    atomic,
    configured,
    down_read,
    patched,
    routine,
    spin_unlock,
    up_read,
)
from models.kernel.anon_vma import drop_anon_vma, hold_anon_vma
from models.kernel.fault import Fault, lock_pte_same
from models.kernel.ksm_compare import pages_identical
from models.kernel.ksm_lists import enter_mm, ksm_test_exit, leave_mm
from models.kernel.ksm_trees import root_stable_tree
from models.kernel.memory import follow_page, handle_pte_fault
from models.kernel.mlock import mlock_vma_page, munlock_vma_page
from models.kernel.objects import (
    Address,
    Anon,
    Count,
    Ksm,
    Mm,
    NoPte,
    Page,
    Present,
    Pte,
    RmapItem,
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
from models.kernel.rmap import page_add_anon_rmap, page_check_address, page_remove_rmap
from models.kernel.tlb import ptep_clear_flush
from models.kernel.vma_place import of_the_family, vma_covers

ksm_max_kernel_pages: Count
"""A limit up to 8/9."""


@routine(source="mm/ksm.c", kernel="v2.6.33")
def try_to_merge_two_pages(
    rmap_item: RmapItem, page: Page, tree_rmap_item: RmapItem, tree_page: Page
) -> Page | None:
    """Upgrades the page and maps it in the other one's place, too."""
    if not patched("no-page-limit") and too_many_ksm_pages():
        return None
    if not patched("upgrade-in-place"):
        return try_to_merge_copying(rmap_item, page, tree_rmap_item, tree_page)
    if not try_to_merge_with_ksm_page(rmap_item, page, None):
        return None
    if try_to_merge_with_ksm_page(tree_rmap_item, tree_page, page):
        return page
    break_cow(rmap_item)
    return None


@routine(source="mm/ksm.c", kernel="v2.6.32")
def too_many_ksm_pages() -> bool:
    """ksm_max_kernel_pages, while KSM pages could not be swapped: 0 is no limit."""
    return ksm_max_kernel_pages > 0 and len(root_stable_tree) >= ksm_max_kernel_pages


@routine
def set_max_kernel_pages(pages: Count) -> None:
    """For a scenario's setup: what has been written to max_kernel_pages."""
    global ksm_max_kernel_pages
    ksm_max_kernel_pages = pages


@routine(source="mm/ksm.c", kernel="v2.6.32")
def try_to_merge_copying(
    rmap_item: RmapItem, page: Page, tree_rmap_item: RmapItem, tree_page: Page
) -> Page | None:
    """A new KSM page takes the place of both; the reference to it is the caller's."""
    kpage = alloc(Page, refcount=1, may_sleep=True)
    if kpage is None:
        return None
    merged = merge_with_copy(rmap_item, page, kpage)
    if merged and not try_to_merge_with_ksm_page(tree_rmap_item, tree_page, kpage):
        break_cow(rmap_item)
        merged = False
    if not merged:
        put_page(kpage)
        return None
    return kpage


@routine(source="mm/ksm.c", kernel="v2.6.32")
def merge_with_copy(rmap_item: RmapItem, page: Page, kpage: Page) -> bool:
    """Copies the page to the new KSM page and maps that one in its place."""
    mm = rmap_item.mm
    assert mm is not None, "an rmap_item of no mm is merged"
    with down_read(mm.mmap_sem):
        anon_vma = mm.anon_vma
        if ksm_test_exit(mm) or anon_vma is None:
            return False
        enter_mm(mm)
        with atomic("a page is copied at one moment, into a page that nobody else has"):
            kpage.content = page.content
            kpage.mapping = Ksm(None)
            kpage.upgraded = True
        kpage.lru = patched("ksm-swappable")
        merged = try_to_merge_one_page(mm, rmap_item.address, page, kpage)
        leave_mm(mm)
        if not merged:
            return False
        hold_anon_vma(rmap_item, anon_vma)
        return True


@routine(source="mm/ksm.c", kernel="v2.6.33")
def try_to_merge_with_ksm_page(rmap_item: RmapItem, page: Page, kpage: Page | None) -> bool:
    """Finds the item's vma and merges there; without a KSM page the page becomes one."""
    mm = rmap_item.mm
    assert mm is not None, "an rmap_item of no mm is merged"
    down_read(mm.mmap_sem)
    anon_vma = mm.anon_vma
    if ksm_test_exit(mm) or anon_vma is None:
        up_read(mm.mmap_sem)
        return False
    enter_mm(mm)
    merged = try_to_merge_one_page(mm, rmap_item.address, page, kpage)
    leave_mm(mm)
    if not merged:
        up_read(mm.mmap_sem)
        return False
    if patched("anon-vma-ref-under-mmap-sem"):
        hold_anon_vma(rmap_item, anon_vma)
        up_read(mm.mmap_sem)
    else:
        up_read(mm.mmap_sem)
        hold_anon_vma(rmap_item, anon_vma)
    return True


@routine(source="mm/ksm.c", kernel="v2.6.33")
def try_to_merge_one_page(mm: Mm, address: Address, page: Page, kpage: Page | None) -> bool:
    """Write-protects the page, and upgrades it or switches the pte to the KSM page."""
    if page == kpage:
        return True
    if not mm.vma_mergeable or not PageAnon(page) or not trylock_page(page):
        return False
    merged = False
    orig_pte = write_protect_page(mm, address, page)
    if isinstance(orig_pte, Present):
        if kpage is None:
            page.mapping = Ksm(None)
            page.upgraded = True
            merged = True
        elif pages_identical(page, kpage):
            merged = replace_page(mm, address, page, kpage, orig_pte)
    page.write_protected = False
    if merged and kpage is not None:
        page = mlock_in_place(mm, page, kpage)
    unlock_page(page)
    return merged


@routine(source="mm/ksm.c", kernel="v2.6.33")
def mlock_in_place(mm: Mm, page: Page, kpage: Page) -> Page:
    """In a locked vma the KSM page is to be mlocked instead of the page. What is locked now."""
    if not configured("VM_LOCKED") or not patched("munlock-replaced") or not mm.vma_locked:
        return page
    munlock_vma_page(page)
    if kpage.mlocked:
        return page
    unlock_page(page)
    lock_page(kpage)
    mlock_vma_page(kpage)
    return kpage


@routine(source="mm/ksm.c", kernel="v2.6.33")
def page_address_in_vma(mm: Mm, page: Page) -> bool:
    """Whether the page belongs to the vma's anon_vma; a KSM page belongs to none."""
    match page.mapping:
        case Anon(anon_vma):
            return of_the_family(anon_vma, mm) and vma_covers(mm, page)
        case _:
            return False


@routine(source="mm/ksm.c", kernel="v2.6.33")
def write_protect_page(mm: Mm, address: Address, page: Page) -> Pte:
    """The pte, read-only by now; NoPte if it cannot be made so."""
    if not page_address_in_vma(mm, page) or not page_check_address(page, mm, address):
        return NoPte()
    orig_pte = mm.table[address]
    if isinstance(orig_pte, Present) and (
        orig_pte.write or (patched("ksm-dirty-transfer") and orig_pte.dirty)
    ):
        orig_pte = clear_and_protect(mm, address, page)
    spin_unlock(mm.ptl)
    if isinstance(orig_pte, Present):
        page.write_protected = True
    return orig_pte


@routine(source="mm/ksm.c", kernel="v2.6.33")
def clear_and_protect(mm: Mm, address: Address, page: Page) -> Pte:
    """write_protect_page's branch for a pte through which somebody may write; NoPte: he holds it.

    get_user_pages_fast takes no lock. When the pte is empty and flushed, all that came before have
    their reference and nobody can come after: only then the counts say whether there are any.
    """
    swapped = 1 if page.private is not None else 0
    if not patched("clear-before-count") and others_hold(page, swapped):
        return NoPte()
    entry = ptep_clear_flush(mm, address)
    if patched("clear-before-count") and others_hold(page, swapped):
        mm.table[address] = entry
        return NoPte()
    dirty = isinstance(entry, Present) and entry.dirty
    if patched("ksm-dirty-transfer") and dirty:
        page.dirty = True
        dirty = False
    mm.table[address] = Present(page, False, dirty)
    return mm.table[address]


@routine(source="mm/ksm.c", kernel="v2.6.33")
def others_hold(page: Page, swapped: Count) -> bool:
    """Has anybody a reference but the ptes, the swap cache and ksmd itself?"""
    if not patched("count-references"):
        return False
    return page.mapcount + 1 + swapped != page.refcount


@routine(source="mm/ksm.c", kernel="v2.6.33")
def replace_page(mm: Mm, address: Address, page: Page, kpage: Page, orig_pte: Pte) -> bool:
    """The pte maps the KSM page instead, if it is still the one that was write-protected."""
    if not page_address_in_vma(mm, page):
        return False
    if not lock_pte_same(mm, address, orig_pte):
        spin_unlock(mm.ptl)
        return False
    get_page(kpage)
    page_add_anon_rmap(kpage, mm, address)
    ptep_clear_flush(mm, address)
    mm.table[address] = Present(kpage, False, False)
    page_remove_rmap(page)
    put_page(page)
    spin_unlock(mm.ptl)
    return True


@routine(source="mm/ksm.c", kernel="v2.6.33")
def break_cow(rmap_item: RmapItem) -> None:
    """Gives the item's place a page of its own again; the item lets its anon_vma go."""
    drop_anon_vma(rmap_item)
    break_cow_at(rmap_item)


@routine(source="mm/ksm.c", kernel="v2.6.33")
def break_cow_at(rmap_item: RmapItem) -> None:
    """The same for an item that has no anon_vma."""
    mm = rmap_item.mm
    assert mm is not None, "an rmap_item of no mm was merged"
    with down_read(mm.mmap_sem):
        if not ksm_test_exit(mm) and mm.vma_mergeable and mm.anon_vma is not None:
            enter_mm(mm)
            break_ksm(mm, rmap_item.address)
            leave_mm(mm)


@routine(source="mm/ksm.c", kernel="v2.6.33")
def break_ksm(mm: Mm, address: Address) -> Fault:
    """Faults for writing until no KSM page is mapped there, or no memory. mmap_sem is held."""
    fault = Fault.RETRY
    while fault == Fault.RETRY:
        page = follow_page(mm, address, patched("follow-page-waits"))
        if page is None:
            return Fault.DONE
        fault = handle_pte_fault(mm, address, True) if PageKsm(page) else Fault.DONE
        put_page(page)
    return fault


@routine(source="mm/ksm.c", kernel="v2.6.33")
def get_mergeable_page(rmap_item: RmapItem) -> Page | None:
    """The page at the item's place, with a reference, if that may still be merged."""
    mm = rmap_item.mm
    assert mm is not None, "an rmap_item of no mm is in the unstable tree"
    with down_read(mm.mmap_sem):
        if ksm_test_exit(mm) or not mm.vma_mergeable or mm.anon_vma is None:
            return None
        enter_mm(mm)
        page = follow_page(mm, rmap_item.address)
        leave_mm(mm)
        if page is None:
            return None
        if PageAnon(page):
            return page
        put_page(page)
        return None
