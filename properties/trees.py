"""The stable tree's order, the verdict on its nodes, and what sysfs says of both trees."""

from __future__ import annotations

from ksmcheck.lang import invariant, is_live, locked, pool, predicate, witness
from models.kernel.ksm_lists import ksm_thread_mutex
from models.kernel.ksm_trees import (
    ksm_pages_shared,
    ksm_pages_sharing,
    ksm_pages_unshared,
    root_stable_tree,
)
from models.kernel.objects import Count, Ksm, Page, RmapItem, StableNode, Tree


@predicate
def keeps(node: StableNode, page: Page) -> bool:
    """The page is the node's, and in use. Before 08beca44dfb0 only a ghost knows whose it is."""
    if page.mapping == Ksm(None):
        return page.keyed == node and page.refcount > 0
    return node.kpfn == page and page.mapping == Ksm(node) and page.refcount > 0


@invariant(source="KSM.md P15 keyhole_stale_final; 4035c07a8959, c8d6553b9580")
def p15_stale_is_final(node: StableNode, page: Page) -> bool:
    """Once get_ksm_page has declared a node stale, no page in use points to the node again.

    That holds until the node is freed; a page that comes back after that violates p1.
    """
    return not node.stale or page.mapping != Ksm(node) or page.refcount == 0


@witness(p15_stale_is_final)
def a_stale_node(node: StableNode, page: Page) -> bool:
    """get_ksm_page has declared a node stale that was this frame's."""
    return node.stale and node.kpfn == page


@invariant(source="KSM.md P16 stable_tree_order")
def p16_stable_tree_order(node: StableNode, other: StableNode) -> bool:
    """The contents of the pages of the stable tree increase from node to node."""
    if node not in root_stable_tree or other not in root_stable_tree or node.place >= other.place:
        return True
    return all(
        not keeps(node, page) or not keeps(other, following) or page.content < following.content
        for page in pool(Page)
        for following in pool(Page)
    )


@witness(p16_stable_tree_order)
def two_nodes(node: StableNode, other: StableNode) -> bool:
    """Two nodes of the stable tree have a page."""
    return (
        node in root_stable_tree
        and other in root_stable_tree
        and node.place < other.place
        and any(keeps(node, page) for page in pool(Page))
        and any(keeps(other, page) for page in pool(Page))
    )


@predicate
def listed_from(node: StableNode) -> Count:
    """How many rmap_items share the node's page."""
    return sum(
        1
        for item in pool(RmapItem)
        if is_live(item) and item.tree == Tree.STABLE and item.head == node
    )


@predicate
def shared_nodes() -> Count:
    """How many nodes have an rmap_item."""
    return sum(1 for node in pool(StableNode) if listed_from(node) > 0)


@predicate
def items_in(tree: Tree) -> Count:
    """How many rmap_items say that they are in this tree."""
    return sum(1 for item in pool(RmapItem) if is_live(item) and item.tree == tree)


@invariant(source="KSM.md P17 counters: pages_shared, pages_sharing, pages_unshared")
def p17_counters() -> bool:
    """Outside ksm_thread_mutex sysfs counts the shared pages, the further sharers, the unshared.

    Shared: nodes with an rmap_item; sharing: rmap_items beyond the first; unshared: rmap_items of
    the unstable tree.
    """
    if locked(ksm_thread_mutex):
        return True
    return (
        ksm_pages_shared == shared_nodes()
        and ksm_pages_shared + ksm_pages_sharing == items_in(Tree.STABLE)
        and ksm_pages_unshared == items_in(Tree.UNSTABLE)
    )


@witness(p17_counters)
def something_is_shared() -> bool:
    """Outside ksm_thread_mutex two rmap_items share a page."""
    return not locked(ksm_thread_mutex) and ksm_pages_sharing > 0
