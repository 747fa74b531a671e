"""From a page to the ptes that map it: adding, removing, unmapping.

Kernel: v2.6.35 (read as 2.6.33.7 and 2.6.36.2).
Source: mm/rmap.c (page_add_anon_rmap, page_add_new_anon_rmap, page_remove_rmap,
    try_to_unmap_one, page_check_address). The walks over a page's ptes are unmap.py.
Question: none; a part of the kernel that scenarios build on.
Keeps: every access of unmapping in the kernel's order: the unlocked glance at the pte, the look
    under the lock, the empty pte, the dirty bit, the slot's count before the pte holds the slot,
    both before the page's mapcount; that the slot is page->private.
Abstracts:
    A new page gets its count and its place on the LRU in one step: nobody can have looked at the
        count before reclaim finds the page there.
    Young bits: any pte may be in use when it is to be unmapped, so a page can be left in the swap
        cache with all its ptes, or with some of them.
    page->mapping is stored with CONFIG_KSM only (vma_place.py).
Not covered: mremap.
"""

from __future__ import annotations

from ksmcheck.lang import (
    Enum,
    atomic,
    choose,
    configured,
    down_read_trylock,
    fetch_add,
    routine,
    spin_lock,
    spin_unlock,
    up_read,
)
from models.kernel.memcontrol import mem_cgroup_uncharge_page
from models.kernel.mlock import mlock_vma_page
from models.kernel.objects import Address, Migrating, Mm, Page, Present, Swapped
from models.kernel.page import PageKsm, mod_nr_mlock, put_page
from models.kernel.rmap_watch import walk_meets
from models.kernel.swap_map import swap_duplicate
from models.kernel.tlb import ptep_clear_flush
from models.kernel.vma_place import set_anon_mapping


class Unmap(Enum):
    """What a walk answers: no pte is left; some may be; one was in use; one is in a locked vma."""

    SUCCESS = 0
    AGAIN = 1
    FAIL = 2
    MLOCK = 3


class Ttu(Enum):
    """TTU_*: what a walk is for."""

    UNMAP = 0
    MIGRATION = 1
    MUNLOCK = 2


@routine(source="mm/rmap.c", kernel="v2.6.35")
def page_add_anon_rmap(page: Page, mm: Mm, address: Address) -> None:
    """One more pte, in a vma that need not be the only one."""
    do_page_add_anon_rmap(page, mm, address, False)


@routine(source="mm/rmap.c", kernel="v2.6.35")
def do_page_add_anon_rmap(page: Page, mm: Mm, address: Address, exclusive: bool) -> None:
    """One more pte maps the page. The first one says whose it is, unless it is a KSM page."""
    first = fetch_add(page.mapcount, 1) == 0
    walk_meets(page, mm)
    if not PageKsm(page) and first:
        set_anon_mapping(page, mm, address, exclusive)


@routine(source="mm/rmap.c", kernel="v2.6.35")
def page_add_new_anon_rmap(page: Page, mm: Mm, address: Address) -> None:
    """The first pte of a new page; reclaim can find it from here on."""
    with atomic("nobody else has the page before it is on the LRU"):
        page.mapcount = 1
        set_anon_mapping(page, mm, address, True)
        if configured("VM_LOCKED") and mm.vma_locked:
            page.mlocked = True
            page.unevictable = True
            mod_nr_mlock(1)
        page.lru = True


@routine(source="mm/rmap.c", kernel="v2.6.35")
def page_remove_rmap(page: Page) -> None:
    """One pte less; the last one gives up the charge, unless the page is in the swap cache."""
    if fetch_add(page.mapcount, -1) == 1:
        mem_cgroup_uncharge_page(page)


@routine(source="mm/rmap.c", kernel="v2.6.35")
def try_to_unmap_one(page: Page, mm: Mm, address: Address, flags: Ttu = Ttu.UNMAP) -> Unmap:
    """If this pte maps the page, it becomes the page's swap entry, unless it is young.

    A page without a slot is unmapped to be moved: TTU_MIGRATION, which ignores young bits and, as
    unmap_and_move asks for, locked vmas.
    """
    walk_meets(page, mm)
    if page_check_address(page, mm, address):
        if configured("VM_LOCKED") and flags != Ttu.MIGRATION and mm.vma_locked:
            spin_unlock(mm.ptl)
            return mlock_found(page, mm)
        if flags == Ttu.MUNLOCK:
            spin_unlock(mm.ptl)
            return Unmap.AGAIN
        if flags == Ttu.UNMAP and choose(False, True):
            spin_unlock(mm.ptl)
            return Unmap.FAIL
        pteval = ptep_clear_flush(mm, address)
        assert isinstance(pteval, Present), "page_check_address found the page here"
        if pteval.dirty:
            page.dirty = True
        slot = page.private
        if slot is not None:
            swap_duplicate(slot)
            mm.table[address] = Swapped(slot)
        else:
            assert flags == Ttu.MIGRATION, "an anonymous page is unmapped that has no swap slot"
            mm.table[address] = Migrating(page, pteval.write)
        page_remove_rmap(page)
        put_page(page)
        spin_unlock(mm.ptl)
    return Unmap.AGAIN


@routine(source="mm/rmap.c", kernel="v2.6.33")
def mlock_found(page: Page, mm: Mm) -> Unmap:
    """A locked vma has the page: it is marked, if the vma can be held without waiting."""
    result = Unmap.AGAIN
    if down_read_trylock(mm.mmap_sem):
        if mm.vma_locked:
            mlock_vma_page(page)
            result = Unmap.MLOCK
        up_read(mm.mmap_sem)
    return result


@routine(source="mm/rmap.c", kernel="v2.6.35")
def page_check_address(page: Page, mm: Mm, address: Address) -> bool:
    """Does the pte map the page? True with the page-table lock taken."""
    if not isinstance(mm.table[address], Present):
        return False
    spin_lock(mm.ptl)
    match mm.table[address]:
        case Present(mapped, _, _):
            if mapped == page:
                return True
        case _:
            pass
    spin_unlock(mm.ptl)
    return False
