"""The stable tree: nodes, their rmap_items, and the keyhole from a node to its page.

Kernel: v2.6.33, with the guards of 5ad6468801d2 and 4035c07a8959 as patches.
Source: mm/ksm.c (get_ksm_page, remove_node_from_stable_tree, remove_rmap_item_from_tree,
    remove_trailing_rmap_items, get_next_rmap_item, stable_tree_append).
Question: none; a part of the kernel that scenarios build on.
Keeps: that a node holds no reference to its page and looks at a frame that may be anybody's; both
    comparisons and the reference between them; that a node dies when it is found stale, with its
    items still pointing into its list; that the list is changed under the page lock.
Abstracts: the tree is a set of nodes: who is found is decided by content alone.
Not covered: the unstable tree, the counters, seqnr; get_ksm_page's loops and barriers of v3.9.
"""

from __future__ import annotations

from ksmcheck.lang import Set, alloc, free, patched, rcu_read_lock, refcount_inc, routine
from models.kernel.anon_vma import drop_anon_vma
from models.kernel.hlist import hlist_add_head, hlist_del, hlist_entry
from models.kernel.ksm_lists import (
    MmSlot,
    RmapLink,
    ksm_scan,
    load_link,
    store_link,
)
from models.kernel.objects import Address, Ksm, Page, RmapItem, StableNode, Tree
from models.kernel.page import get_page_unless_zero, lock_page, put_page, unlock_page

root_stable_tree: Set[StableNode]


@routine(source="mm/ksm.c", kernel="v2.6.33")
def get_ksm_page(stable_node: StableNode) -> Page | None:
    """Peeps through the keyhole: is the node's frame still its page? If not, the node goes."""
    page = stable_node.kpfn
    stable_node.looked = None
    with rcu_read_lock():
        if page.mapping == Ksm(stable_node) and get_keyhole_page(page):
            if not patched("keyhole-recheck") or page.mapping == Ksm(stable_node):
                stable_node.looked = page
                return page
            put_page(page)
    remove_node_from_stable_tree(stable_node)
    return None


@routine(source="mm/ksm.c", kernel="v2.6.33")
def get_keyhole_page(page: Page) -> bool:
    """The reference to a page that may be free by now, or frozen."""
    if patched("get-unless-zero"):
        return get_page_unless_zero(page)
    refcount_inc(page.refcount)
    return True


@routine(source="mm/ksm.c", kernel="v2.6.33")
def remove_node_from_stable_tree(stable_node: StableNode) -> None:
    """The page is gone: so are the node and the claims of its items."""
    rmap_item = hlist_entry(stable_node.first)
    while rmap_item is not None:
        drop_anon_vma(rmap_item)
        rmap_item.tree = Tree.NONE
        rmap_item = hlist_entry(rmap_item.next)
    root_stable_tree.discard(stable_node)
    free(stable_node)


@routine(source="mm/ksm.c", kernel="v2.6.33")
def remove_rmap_item_from_tree(rmap_item: RmapItem) -> None:
    """The item leaves the stable tree, if it is there."""
    if rmap_item.tree != Tree.STABLE:
        return
    stable_node = rmap_item.head
    assert stable_node is not None, "an rmap_item of the stable tree has no node"
    page = get_ksm_page(stable_node)
    if page is None:
        return
    if patched("page-lock-hlist"):
        lock_page(page)
    hlist_del(rmap_item)
    if patched("page-lock-hlist"):
        unlock_page(page)
    put_page(page)
    drop_anon_vma(rmap_item)
    rmap_item.tree = Tree.NONE


@routine(source="mm/ksm.c", kernel="v2.6.33")
def stable_tree_append(rmap_item: RmapItem, stable_node: StableNode) -> None:
    """The item joins the list of its page, whose lock the caller holds."""
    rmap_item.head = stable_node
    rmap_item.tree = Tree.STABLE
    hlist_add_head(rmap_item, stable_node)


@routine(source="mm/ksm.c", kernel="v2.6.33")
def remove_trailing_rmap_items(rmap_list: RmapLink) -> None:
    """Removes and frees all items from this place of an mm's list on."""
    rmap_item = load_link(rmap_list)
    while rmap_item is not None:
        store_link(rmap_list, rmap_item.rmap_list)
        remove_rmap_item_from_tree(rmap_item)
        free_rmap_item(rmap_item)
        rmap_item = load_link(rmap_list)


@routine(source="mm/ksm.c", kernel="v2.6.33")
def free_rmap_item(rmap_item: RmapItem) -> None:
    """Back to the slab, without its mm, to catch users."""
    rmap_item.mm = None
    free(rmap_item)


@routine(source="mm/ksm.c", kernel="v2.6.33")
def get_next_rmap_item(mm_slot: MmSlot, address: Address) -> RmapItem | None:
    """The mm's item for the address, new if there is none; items before it are removed."""
    rmap_list = ksm_scan.rmap_list
    rmap_item = load_link(rmap_list)
    while rmap_item is not None and rmap_item.address <= address:
        if rmap_item.address == address:
            return rmap_item
        store_link(rmap_list, rmap_item.rmap_list)
        remove_rmap_item_from_tree(rmap_item)
        free_rmap_item(rmap_item)
        rmap_item = load_link(rmap_list)
    mm = mm_slot.mm
    following = rmap_item
    rmap_item = alloc(RmapItem, may_sleep=True, mm=mm, address=address, rmap_list=following)
    if rmap_item is not None:
        store_link(rmap_list, rmap_item)
    return rmap_item
