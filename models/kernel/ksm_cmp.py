"""What ksmd does with a page: the searches of both trees, and the merge that comes of them.

Kernel: v2.6.33; without no-break-cow-retry as before 4035c07a8959, without node-points-to-page as
    before 08beca44dfb0; with lock-at-match the page that a search finds is locked once, as in v3.9.
Source: mm/ksm.c (cmp_and_merge_page, stable_tree_search, stable_tree_insert,
    unstable_tree_search_insert).
Question: none; a part of the kernel that scenarios build on.
Keeps: that both searches compare with no lock on the candidate, and the items of the unstable tree
    with no lock on either page; that a search ends where a node turns out stale or an item's page
    cannot be had; that a page must have the checksum of the pass before to enter the unstable tree;
    the windows between the pte and the list, and between the upgrade and the insertion.
Abstracts: see ksm_trees.py for the shape of the trees, ksm_compare.py for contents.
Not covered: misplaced nodes (v3.9), restarts at stale nodes (v4.5).
"""

from __future__ import annotations

from ksmcheck.lang import Word, alloc, patched, routine
from models.kernel.ksm_by_items import get_ksm_page_of_items
from models.kernel.ksm_compare import Order, calc_checksum, memcmp_pages
from models.kernel.ksm_lists import ksm_scan
from models.kernel.ksm_merge import (
    break_cow,
    break_cow_at,
    get_mergeable_page,
    try_to_merge_two_pages,
    try_to_merge_with_ksm_page,
)
from models.kernel.ksm_nodes import (
    get_ksm_page,
    remove_rmap_item_from_tree,
    stable_tree_append,
)
from models.kernel.ksm_rmap import page_stable_node
from models.kernel.ksm_trees import (
    AtItem,
    AtNode,
    root_stable_tree,
    root_unstable_tree,
    stable_tree_link,
    stable_tree_next,
    unstable_tree_link,
    unstable_tree_next,
)
from models.kernel.objects import (
    HlistEnd,
    Ksm,
    Page,
    Place,
    RmapItem,
    StableNode,
    Tree,
)
from models.kernel.page import PageKsm, get_page, lock_page, put_page, unlock_page


class Match(Word):
    """What stable_tree_search gives."""


class NoMatch(Match):
    """No KSM page has the content, or the search has come to an end before."""


class Sharable(Match):
    """A KSM page with a reference, and its node where the page does not know it."""

    node: StableNode | None
    page: Page


class Partner(Word):
    """What unstable_tree_search_insert gives: the item, and the page through its pointer."""


class NoPartner(Partner):
    """Nobody has the same content, or its page could not be had."""


class Equal(Partner):
    """An item and its page, with a reference."""

    item: RmapItem
    page: Page


@routine(source="mm/ksm.c", kernel="v2.6.33")
def cmp_and_merge_page(page: Page, rmap_item: RmapItem) -> None:
    """Merges the page with one of the same content, of the stable tree or of the unstable one."""
    remove_rmap_item_from_tree(rmap_item)
    if merge_with_stable(page, rmap_item):
        return
    if not patched("no-break-cow-retry") and PageKsm(page):
        break_cow_at(rmap_item)
    checksum = calc_checksum(page)
    if rmap_item.oldchecksum != checksum:
        rmap_item.oldchecksum = checksum
        return
    match unstable_tree_search_insert(rmap_item, page):
        case Equal(tree_rmap_item, tree_page):
            merge_two_pages(rmap_item, page, tree_rmap_item, tree_page)
        case _:
            pass


@routine(source="mm/ksm.c", kernel="v2.6.33")
def merge_with_stable(page: Page, rmap_item: RmapItem) -> bool:
    """cmp_and_merge_page's first half: False if the stable tree does not have the content."""
    match stable_tree_search(page):
        case Sharable(node, kpage):
            merge_into_stable(page, rmap_item, kpage, node)
            return True
        case _:
            return False


@routine(source="mm/ksm.c", kernel="v2.6.33")
def merge_into_stable(
    page: Page, rmap_item: RmapItem, kpage: Page, node: StableNode | None
) -> None:
    """The KSM page takes the page's place, and the item joins its list. Drops the reference."""
    if try_to_merge_with_ksm_page(rmap_item, page, kpage):
        if patched("page-lock-hlist"):
            lock_page(kpage)
        stable_node = page_stable_node(kpage) if patched("node-points-to-page") else node
        assert stable_node is not None, "a page of the stable tree has no node"
        stable_tree_append(rmap_item, stable_node)
        if patched("page-lock-hlist"):
            unlock_page(kpage)
    put_page(kpage)


@routine(source="mm/ksm.c", kernel="v2.6.33")
def merge_two_pages(
    rmap_item: RmapItem, page: Page, tree_rmap_item: RmapItem, tree_page: Page
) -> None:
    """cmp_and_merge_page from a match in the unstable tree on; references to both pages."""
    kpage = try_to_merge_two_pages(rmap_item, page, tree_rmap_item, tree_page)
    put_page(tree_page)
    if kpage is None:
        return
    remove_rmap_item_from_tree(tree_rmap_item)
    lock_page(kpage)
    stable_node = stable_tree_insert(kpage)
    if stable_node is not None:
        stable_tree_append(tree_rmap_item, stable_node)
        stable_tree_append(rmap_item, stable_node)
    unlock_page(kpage)
    if not patched("upgrade-in-place"):
        put_page(kpage)
    if stable_node is None:
        unmerged: RmapItem | None = tree_rmap_item
        while unmerged is not None:
            break_cow(unmerged)
            unmerged = rmap_item if unmerged == tree_rmap_item else None


@routine(source="mm/ksm.c", kernel="v2.6.33")
def stable_tree_search(page: Page) -> Match:
    """The KSM page with the page's content, with a reference."""
    if patched("node-points-to-page") and page_stable_node(page) is not None:
        get_page(page)
        return Sharable(None, page)
    low: Place = 0
    high: Place = len(root_stable_tree)
    while True:
        match stable_tree_next(low, high):
            case AtNode(stable_node, place):
                tree_page = page_in_tree(stable_node)
                if tree_page is None:
                    return NoMatch()
                order = memcmp_pages(page, tree_page)
                if order == Order.EQUAL:
                    return lock_at_match(stable_node, tree_page)
                put_page(tree_page)
                if order == Order.LESS:
                    high = place
                else:
                    low = place + 1
            case _:
                return NoMatch()


@routine(source="mm/ksm.c", kernel="v2.6.33")
def page_in_tree(stable_node: StableNode) -> Page | None:
    """The page of a node of the tree, with a reference; None if there is none any more."""
    if patched("node-points-to-page"):
        return get_ksm_page(stable_node)
    return get_ksm_page_of_items(stable_node)


@routine(source="mm/ksm.c", kernel="v2.6.33")
def lock_at_match(stable_node: StableNode, tree_page: Page) -> Match:
    """v3.9 locks the page that is found once: it has moved by then, or cannot any more."""
    if not patched("node-points-to-page"):
        return Sharable(stable_node, tree_page)
    if not patched("lock-at-match"):
        return Sharable(None, tree_page)
    put_page(tree_page)
    page = get_ksm_page(stable_node, True)
    if page is None:
        return NoMatch()
    unlock_page(page)
    return Sharable(None, page)


@routine(source="mm/ksm.c", kernel="v2.6.33")
def stable_tree_insert(kpage: Page) -> StableNode | None:
    """A node for a locked KSM page that has none; None if its content is there, or no memory."""
    low: Place = 0
    high: Place = len(root_stable_tree)
    while low < high:
        match stable_tree_next(low, high):
            case AtNode(other, place):
                tree_page = page_in_tree(other)
                if tree_page is None:
                    return None
                order = memcmp_pages(kpage, tree_page)
                put_page(tree_page)
                if order == Order.EQUAL:
                    return None
                if order == Order.LESS:
                    high = place
                else:
                    low = place + 1
            case _:
                pass
    stable_node = alloc(StableNode, may_sleep=True)
    if stable_node is None:
        return None
    stable_tree_link(stable_node, low)
    stable_node.first = HlistEnd()
    if patched("node-points-to-page"):
        stable_node.kpfn = kpage
        if not patched("keyhole-reference"):
            get_page(kpage)
        kpage.mapping = Ksm(stable_node)
    kpage.keyed = stable_node
    return stable_node


@routine(source="mm/ksm.c", kernel="v2.6.33")
def unstable_tree_search_insert(rmap_item: RmapItem, page: Page) -> Partner:
    """An item whose page has the same content; if there is none, the item comes into the tree."""
    low: Place = 0
    high: Place = len(root_unstable_tree)
    while low < high:
        match unstable_tree_next(low, high):
            case AtItem(tree_rmap_item, place):
                tree_page = get_mergeable_page(tree_rmap_item)
                if tree_page is None:
                    return NoPartner()
                if page == tree_page:
                    put_page(tree_page)
                    return NoPartner()
                order = memcmp_pages(page, tree_page)
                if order == Order.EQUAL:
                    return Equal(tree_rmap_item, tree_page)
                put_page(tree_page)
                if order == Order.LESS:
                    high = place
                else:
                    low = place + 1
            case _:
                pass
    rmap_item.tree = Tree.UNSTABLE
    rmap_item.seqnr = ksm_scan.seqnr
    unstable_tree_link(rmap_item, low)
    return NoPartner()
