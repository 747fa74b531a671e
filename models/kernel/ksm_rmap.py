"""From a KSM page to its ptes: the walks over the rmap_items of its stable_node.

Kernel: v2.6.33.
Source: mm/ksm.c (page_referenced_ksm, try_to_unmap_ksm), mm/rmap.c (page_referenced_one).
Question: none; a part of the kernel that scenarios build on.
Keeps: that the walk holds the page lock and nothing else over the list; the two passes, first the
    item's own mm and then the others of its anon_vma, for forks that ksmd has not seen; each
    anon_vma's lock around its part; every load of the list's pointers.
Abstracts: an anon_vma's vmas are visited in one fixed order; every vma covers every address.
Not covered: memcg, young bits (page_referenced_one finds none), rmap_walk_ksm (migration).
"""

from __future__ import annotations

from ksmcheck.lang import patched, pool, routine, spin_lock, spin_unlock
from models.kernel.hlist import hlist_entry
from models.kernel.objects import Address, Count, Ksm, Mm, Page, RmapItem, StableNode
from models.kernel.rmap import Ttu, Unmap, page_check_address, try_to_unmap_one


@routine(source="mm/ksm.c", kernel="v2.6.33")
def page_stable_node(page: Page) -> StableNode | None:
    """The node of a KSM page; None for any other, and before the node is inserted."""
    match page.mapping:
        case Ksm(node):
            return node
        case _:
            return None


@routine(source="mm/ksm.c", kernel="v2.6.33")
def try_to_unmap_ksm(page: Page, flags: Ttu) -> Unmap:
    """Unmaps a locked KSM page from every mm that its rmap_items lead to."""
    stable_node = page_stable_node(page)
    if stable_node is None:
        return Unmap.FAIL
    result = Unmap.AGAIN
    for search_new_forks in range(2):
        if search_new_forks == 1 and not patched("rmap-second-pass"):
            break
        rmap_item = first_item(stable_node)
        while rmap_item is not None:
            result = try_to_unmap_item(page, rmap_item, search_new_forks == 1, flags)
            if result != Unmap.AGAIN:
                stable_node.walked = False
                return result
            rmap_item = hlist_entry(rmap_item.next)
    stable_node.walked = False
    return result


@routine(source="mm/ksm.c", kernel="v2.6.33")
def first_item(stable_node: StableNode) -> RmapItem | None:
    """Where a walk begins."""
    first = stable_node.first
    stable_node.walked = True
    return hlist_entry(first)


@routine(source="mm/ksm.c", kernel="v2.6.33")
def try_to_unmap_item(page: Page, rmap_item: RmapItem, search_new_forks: bool, flags: Ttu) -> Unmap:
    """One item's part of the walk, which ends with anything but AGAIN."""
    result = Unmap.AGAIN
    anon_vma = rmap_item.anon_vma
    assert anon_vma is not None, "an rmap_item on a node's list has no anon_vma"
    spin_lock(anon_vma.lock)
    for mm in pool(Mm):
        if mm in anon_vma.vmas and (rmap_item.mm == mm) != search_new_forks:
            result = try_to_unmap_one(page, mm, rmap_item.address, flags)
            if result == Unmap.AGAIN and page.mapcount == 0:
                result = Unmap.SUCCESS
            if result != Unmap.AGAIN:
                break
    spin_unlock(anon_vma.lock)
    return result


@routine(source="mm/ksm.c", kernel="v2.6.33")
def page_referenced_ksm(page: Page) -> None:
    """Looks at the young bits of a locked KSM page's ptes."""
    mapcount = page.mapcount
    stable_node = page_stable_node(page)
    if stable_node is None:
        return
    for search_new_forks in range(2):
        if search_new_forks == 1 and not patched("rmap-second-pass"):
            break
        rmap_item = first_item(stable_node)
        while rmap_item is not None:
            mapcount = page_referenced_item(page, rmap_item, search_new_forks == 1, mapcount)
            if mapcount == 0:
                stable_node.walked = False
                return
            rmap_item = hlist_entry(rmap_item.next)
    stable_node.walked = False


@routine(source="mm/ksm.c", kernel="v2.6.33")
def page_referenced_item(
    page: Page, rmap_item: RmapItem, search_new_forks: bool, unseen: Count
) -> Count:
    """One item's part of the walk: how many of the ptes have not been seen after it."""
    anon_vma = rmap_item.anon_vma
    assert anon_vma is not None, "an rmap_item on a node's list has no anon_vma"
    mapcount = unseen
    spin_lock(anon_vma.lock)
    for mm in pool(Mm):
        if mm in anon_vma.vmas and (rmap_item.mm == mm) != search_new_forks and mapcount > 0:
            mapcount = page_referenced_one(page, mm, rmap_item.address, mapcount)
    spin_unlock(anon_vma.lock)
    return mapcount


@routine(source="mm/rmap.c", kernel="v2.6.33")
def page_referenced_one(page: Page, mm: Mm, address: Address, mapcount: Count) -> Count:
    """Looks at one pte under its lock; one less to look for if it maps the page."""
    if not page_check_address(page, mm, address):
        return mapcount
    spin_unlock(mm.ptl)
    return mapcount - 1 if mapcount > 0 else 0
