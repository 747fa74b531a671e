"""Nodes and rmap_items: the keyhole from a node to its page, and how items leave the trees.

Kernel: v2.6.33, with the guards of 5ad6468801d2 and 4035c07a8959 as patches; without
    keyhole-reference as 08beca44dfb0 and 5ad6468801d2 had it; before that see ksm_by_items.py.
Source: mm/ksm.c (get_ksm_page, remove_node_from_stable_tree, remove_rmap_item_from_tree,
    remove_trailing_rmap_items, get_next_rmap_item, stable_tree_append).
Question: none; a part of the kernel that scenarios build on.
Keeps: that a node holds no reference to its page and looks at a frame that may be anybody's; both
    comparisons and the reference between them; that a node dies when it is found stale, with its
    items still pointing into its list, and not when its list becomes empty; that the list is
    changed under the page lock; that an item of the unstable tree is erased only if the tree is
    still the one it came into.
Abstracts: the flags and seqnr of an item are one word, cleared in one step. Without
    keyhole-reference a user of a node takes a reference, where the kernel used the node's own.
Not covered: the barriers of v3.9, which sequential consistency has anyway.
"""

from __future__ import annotations

from ksmcheck.lang import alloc, free, patched, rcu_read_lock, refcount_inc, routine
from models.kernel.anon_vma import drop_anon_vma
from models.kernel.hlist import hlist_add_head, hlist_del, hlist_entry
from models.kernel.ksm_by_items import remove_from_node
from models.kernel.ksm_lists import (
    MmSlot,
    RmapLink,
    ksm_scan,
    load_link,
    store_link,
)
from models.kernel.ksm_trees import (
    clear_flags,
    count_listed,
    count_out_of_unstable,
    count_unlisted,
    stable_tree_erase,
    unstable_tree_erase,
)
from models.kernel.objects import (
    SEQNRS,
    Address,
    HlistEnd,
    Ksm,
    Page,
    RmapItem,
    StableNode,
    Tree,
)
from models.kernel.page import get_page, get_page_unless_zero, lock_page, put_page, unlock_page


@routine(source="mm/ksm.c", kernel="v2.6.33")
def get_ksm_page(stable_node: StableNode, locked: bool = False) -> Page | None:
    """Peeps through the keyhole: is the node's frame still its page? If not, the node goes.

    The page comes with a reference, and with its lock if that is wanted. From v3.9 on the node is
    given another look when its page has moved meanwhile.
    """
    stable_node.looked = None
    while True:
        page = stable_node.kpfn
        if get_page_of_node(stable_node, page, locked):
            stable_node.looked = page
            return page
        if not patched("recheck-kpfn") or stable_node.kpfn == page:
            break
    stable_node.stale = True
    remove_node_from_stable_tree(stable_node)
    return None


@routine(source="mm/ksm.c", kernel="v2.6.33")
def get_page_of_node(stable_node: StableNode, page: Page, locked: bool) -> bool:
    """A reference to the frame, if its mapping points to the node before and after."""
    assert not page.removed, "a struct page is looked at whose memory has been removed"
    if not patched("keyhole-reference"):
        get_page(page)
        if locked:
            lock_page(page)
        return True
    with rcu_read_lock():
        if page.mapping != Ksm(stable_node) or not get_keyhole_page(page):
            return False
        if patched("keyhole-recheck") and page.mapping != Ksm(stable_node):
            put_page(page)
            return False
    if locked:
        lock_page(page)
        if page.mapping != Ksm(stable_node):
            unlock_page(page)
            put_page(page)
            return False
    return True


@routine(source="mm/ksm.c", kernel="v2.6.33")
def get_keyhole_page(page: Page) -> bool:
    """The reference to a page that may be free by now, or frozen.

    v3.9 waits as long as the page is frozen and still in the swap cache: it is being moved.
    """
    if not patched("get-unless-zero"):
        refcount_inc(page.refcount)
        return True
    if not patched("spin-on-frozen"):
        return get_page_unless_zero(page)
    while not get_page_unless_zero(page):
        if page.private is None:
            return False
    return True


@routine(source="mm/ksm.c", kernel="v2.6.33")
def remove_node_from_stable_tree(stable_node: StableNode) -> None:
    """The page is gone: so are the node and the claims of its items."""
    rmap_item = hlist_entry(stable_node.first)
    while rmap_item is not None:
        following = rmap_item.next
        count_unlisted(isinstance(following, HlistEnd))
        drop_anon_vma(rmap_item)
        clear_flags(rmap_item)
        rmap_item = hlist_entry(rmap_item.next)
    stable_tree_erase(stable_node)
    free(stable_node)


@routine(source="mm/ksm.c", kernel="v2.6.33")
def remove_rmap_item_from_tree(rmap_item: RmapItem) -> None:
    """The item leaves the tree that it is in, if any."""
    match rmap_item.tree:
        case Tree.STABLE:
            remove_from_stable(rmap_item)
        case Tree.UNSTABLE:
            age = (ksm_scan.seqnr + SEQNRS - rmap_item.seqnr) % SEQNRS
            assert age <= 1, "an rmap_item of the unstable tree has been left behind for a pass"
            if age == 0:
                unstable_tree_erase(rmap_item)
            count_out_of_unstable()
            clear_flags(rmap_item)
        case _:
            pass


@routine(source="mm/ksm.c", kernel="v2.6.33")
def remove_from_stable(rmap_item: RmapItem) -> None:
    """Takes the item off its node's list. The node stays, even if that was the last."""
    stable_node = rmap_item.head
    assert stable_node is not None, "an rmap_item of the stable tree has no node"
    if not patched("node-points-to-page"):
        remove_from_node(rmap_item, stable_node)
        return
    page = get_ksm_page(stable_node, patched("get-ksm-page-locked"))
    if page is None:
        return
    if patched("page-lock-hlist") and not patched("get-ksm-page-locked"):
        lock_page(page)
    hlist_del(rmap_item)
    last = isinstance(stable_node.first, HlistEnd)
    if last and not patched("keyhole-reference"):
        page.mapping = Ksm(None)
        page.keyed = None
    if patched("page-lock-hlist") or patched("get-ksm-page-locked"):
        unlock_page(page)
    put_page(page)
    if last and not patched("keyhole-reference"):
        put_page(page)
        stable_tree_erase(stable_node)
        free(stable_node)
    count_unlisted(last)
    drop_anon_vma(rmap_item)
    clear_flags(rmap_item)


@routine(source="mm/ksm.c", kernel="v2.6.33")
def stable_tree_append(rmap_item: RmapItem, stable_node: StableNode) -> None:
    """The item joins the list of its page, whose lock the caller holds."""
    rmap_item.head = stable_node
    rmap_item.tree = Tree.STABLE
    hlist_add_head(rmap_item, stable_node)
    count_listed(rmap_item)


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
