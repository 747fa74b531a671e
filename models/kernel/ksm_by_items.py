"""The stable tree before its nodes knew a page: a node's page is whatever its rmap_items lead to.

Kernel: v2.6.32, up to 08beca44dfb0.
Source: mm/ksm.c (get_ksm_page, stable_tree_search, remove_rmap_item_from_tree), read in 2.6.32.2
    and in what the patch of 08beca44dfb0 takes away.
Question: none; a part of the kernel that scenarios build on.
Keeps: that a node's page is looked up at the place of each of its items in turn, with that mm's
    mmap_sem and no other lock; that any KSM page found there is trusted; that items which lead to
    none are removed on the way, and the node with the last of them, which ends the search.
Abstracts: v2.6.32 has no stable_node: the first rmap_item of a list is the tree's node, and the
    next one takes its place when it goes. A node of its own, which a patch between the two brought,
    comes and goes with the same items.
Not covered: that v2.6.32 gives back its reference to a new KSM page before the page's first item is
    in the tree.
"""

from __future__ import annotations

from ksmcheck.lang import free, pool, routine
from models.kernel.anon_vma import drop_anon_vma
from models.kernel.hlist import hlist_del, hlist_entry
from models.kernel.ksm_merge import get_mergeable_page
from models.kernel.ksm_trees import clear_flags, count_unlisted, stable_tree_erase
from models.kernel.objects import HlistEnd, Page, RmapItem, StableNode
from models.kernel.page import PageKsm, put_page


@routine(source="mm/ksm.c", kernel="v2.6.32")
def get_ksm_page_of_items(stable_node: StableNode) -> Page | None:
    """The first KSM page that an item leads to, with a reference. The others before it go."""
    stable_node.looked = None
    rmap_item = hlist_entry(stable_node.first)
    while rmap_item is not None:
        page = get_ksm_page_at(rmap_item)
        if page is not None:
            stable_node.looked = page
            return page
        following = rmap_item.next
        remove_from_node(rmap_item, stable_node)
        rmap_item = hlist_entry(following)
    return None


@routine(source="mm/ksm.c", kernel="v2.6.32")
def get_ksm_page_at(rmap_item: RmapItem) -> Page | None:
    """The page at the item's place, if it is a KSM page: then its content is trusted."""
    page = get_mergeable_page(rmap_item)
    if page is None:
        return None
    if PageKsm(page):
        return page
    put_page(page)
    return None


@routine(source="mm/ksm.c", kernel="v2.6.32")
def remove_from_node(rmap_item: RmapItem, stable_node: StableNode) -> None:
    """Takes the item off its node; the last one takes the node with it. The page is not asked."""
    hlist_del(rmap_item)
    last = isinstance(stable_node.first, HlistEnd)
    if last:
        stable_tree_erase(stable_node)
        free(stable_node)
        forget_keyed(stable_node)
    count_unlisted(last)
    drop_anon_vma(rmap_item)
    clear_flags(rmap_item)


@routine
def forget_keyed(stable_node: StableNode) -> None:
    """For P14 and P16: the page that the node was made for, if it lives on, has none."""
    for page in pool(Page):
        if page.keyed == stable_node:
            page.keyed = None
