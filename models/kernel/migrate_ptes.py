"""Migration entries: how a walk replaces them by ptes again, and how a fault waits for that.

Kernel: v2.6.33.
Source: mm/migrate.c (remove_migration_pte, remove_migration_ptes, migration_entry_wait), mm/rmap.c
    (rmap_walk, rmap_walk_anon), mm/ksm.c (rmap_walk_ksm).
Question: none; a part of the kernel that scenarios build on. try_to_unmap_one (rmap.py) makes them.
Keeps: the unlocked glance at a pte and the look under its lock; that the walk for an anonymous page
    takes the lock of whatever anon_vma the page names, without page_lock_anon_vma's test, because
    no pte is mapped; both passes over the rmap_items of a KSM page; that a fault waits with a
    reference that it takes only from a page whose count is not frozen.
Abstracts:
    An anon_vma's vmas are visited in one fixed order, that of the mms: fork's child has to come
        after its parent, as on the kernel's list.
    Waiting for the page lock is taking it and letting it go in one step.
Not covered: file mappings, hwpoison entries, mremap.
"""

from __future__ import annotations

from ksmcheck.lang import (
    atomic,
    bit_lock,
    bit_unlock,
    might_sleep,
    patched,
    pool,
    routine,
    spin_lock,
    spin_unlock,
    symbolic,
)
from models.kernel.fault import Fault
from models.kernel.hlist import hlist_entry
from models.kernel.ksm_rmap import first_item, page_stable_node
from models.kernel.objects import (
    Address,
    Anon,
    Migrating,
    Mm,
    Page,
    PageOffset,
    Present,
    RmapItem,
    Swapped,
)
from models.kernel.page import PageKsm, get_page, get_page_unless_zero, put_page
from models.kernel.rmap import page_add_anon_rmap


@routine(source="mm/migrate.c", kernel="v2.6.33")
def remove_migration_ptes(old: Page, new: Page) -> None:
    """rmap_walk: every migration entry of the old page becomes a pte of the new one.

    Before e9995ef978a7 there was the walk over an anon_vma only, and a KSM page has none: the
    entries that try_to_unmap had made of its ptes stayed.
    """
    if patched("ksm-rmap-walk") and PageKsm(new):
        rmap_walk_ksm(old, new)
    else:
        rmap_walk_anon(old, new)


@routine(source="mm/rmap.c", kernel="v2.6.33")
def rmap_walk_anon(old: Page, new: Page) -> None:
    """Over the vmas of the anon_vma that the locked new page names, if any (page_anon_vma)."""
    match new.mapping:
        case Anon(anon_vma):
            spin_lock(anon_vma.lock)
            new.walks = anon_vma
            for mm in pool(Mm):
                if mm in anon_vma.vmas:
                    remove_migration_pte(old, new, mm, 0 if symbolic(PageOffset) else new.index)
            spin_unlock(anon_vma.lock)
            new.walks = None
        case _:
            pass


@routine(source="mm/ksm.c", kernel="v2.6.33")
def rmap_walk_ksm(old: Page, new: Page) -> None:
    """Over the rmap_items of the new page's node, whose list the new page's lock protects."""
    stable_node = page_stable_node(new)
    if stable_node is None:
        return
    for search_new_forks in range(2):
        if search_new_forks == 1 and not patched("rmap-second-pass"):
            break
        rmap_item = first_item(stable_node)
        while rmap_item is not None:
            rmap_walk_item(old, new, rmap_item, search_new_forks == 1)
            rmap_item = hlist_entry(rmap_item.next)
    stable_node.walked = False


@routine(source="mm/ksm.c", kernel="v2.6.33")
def rmap_walk_item(old: Page, new: Page, rmap_item: RmapItem, search_new_forks: bool) -> None:
    """One item's part of the walk."""
    anon_vma = rmap_item.anon_vma
    assert anon_vma is not None, "an rmap_item on a node's list has no anon_vma"
    spin_lock(anon_vma.lock)
    for mm in pool(Mm):
        if mm in anon_vma.vmas and (rmap_item.mm == mm) != search_new_forks:
            remove_migration_pte(old, new, mm, rmap_item.address)
    spin_unlock(anon_vma.lock)


@routine(source="mm/migrate.c", kernel="v2.6.33")
def remove_migration_pte(old: Page, new: Page, mm: Mm, address: Address) -> None:
    """If this pte is the old page's migration entry, it maps the new page."""
    glance = mm.table[address]
    if not isinstance(glance, Migrating) and not isinstance(glance, Swapped):
        return
    spin_lock(mm.ptl)
    match mm.table[address]:
        case Migrating(page, write):
            if page == old:
                get_page(new)
                mm.table[address] = Present(new, write, False)
                page_add_anon_rmap(new, mm, address)
        case _:
            pass
    spin_unlock(mm.ptl)


@routine(source="mm/migrate.c", kernel="v2.6.33")
def migration_entry_wait(mm: Mm, address: Address) -> Fault:
    """Waits until the page of a migration entry is unlocked, if it is still there."""
    spin_lock(mm.ptl)
    match mm.table[address]:
        case Migrating(page, _):
            held = get_page_unless_zero(page)
            spin_unlock(mm.ptl)
            if held:
                wait_on_page_locked(page)
                put_page(page)
        case _:
            spin_unlock(mm.ptl)
    return Fault.RETRY


@routine(source="include/linux/pagemap.h")
def wait_on_page_locked(page: Page) -> None:
    """Sleeps until nobody holds the page lock."""
    might_sleep()
    with atomic("the lock is found free at one moment"):
        bit_lock(page.locked)
        bit_unlock(page.locked)
