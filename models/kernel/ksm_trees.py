"""The shape of the stable and of the unstable tree, and what sysfs counts of them.

Kernel: v2.6.33; one tree of each kind up to v3.8.
Source: mm/ksm.c (root_stable_tree, root_unstable_tree, ksm_pages_shared, ksm_pages_sharing,
    ksm_pages_unshared), lib/rbtree.c.
Question: none; a part of the kernel that scenarios build on.
Keeps: the order in which the nodes stand in a tree, which is the order of the contents at the time
    each was inserted and is never looked at again; that the unstable tree is forgotten as a whole.
Abstracts:
    The balance of a tree: a search begins with the interval of all places and looks at any node in
        it, then at any in the half that is left, as some tree of that order would. So every shape,
        and every rotation between two searches, is covered.
    A search's step to the next node, an insertion and a removal are one step each: trees are
        touched under ksm_thread_mutex only.
    The counters are ghosts: nothing but sysfs reads them.
Not covered: a tree per NUMA node, migrate_nodes (v3.9), chains of nodes (v4.13).
"""

from __future__ import annotations

from typing import Annotated

from ksmcheck.lang import Ghost, Range, Set, Word, atomic, choose, pool, routine, wait_until
from models.kernel.objects import NextItem, Place, RmapItem, StableNode, Tree

Counter = Annotated[int, Range(0, 7)]

root_stable_tree: Set[StableNode]
root_unstable_tree: Set[RmapItem]
ksm_pages_shared: Ghost[Counter]
ksm_pages_sharing: Ghost[Counter]
ksm_pages_unshared: Ghost[Counter]


class NextNode(Word):
    """Where a search of the stable tree goes next."""


class StableLeaf(NextNode):
    """Nowhere: no node is left between the two places."""


class AtNode(NextNode):
    """A node, and its place."""

    node: StableNode
    place: Place


class NextUnstable(Word):
    """Where a search of the unstable tree goes next."""


class UnstableLeaf(NextUnstable):
    """Nowhere."""


class AtItem(NextUnstable):
    """An item, and its place."""

    item: RmapItem
    place: Place


@routine(source="lib/rbtree.c")
def stable_tree_next(low: Place, high: Place) -> NextNode:
    """A node between two places: which one is a matter of balance."""
    with atomic("the trees are touched under ksm_thread_mutex only"):
        if low >= high:
            return StableLeaf()
        node = choose(pool(StableNode))
        wait_until(node in root_stable_tree and low <= node.place and node.place < high)
        return AtNode(node, node.place)


@routine(source="lib/rbtree.c")
def stable_tree_link(node: StableNode, place: Place) -> None:
    """rb_link_node and rb_insert_color, where a search has ended."""
    with atomic("the trees are touched under ksm_thread_mutex only"):
        for other in pool(StableNode):
            if other in root_stable_tree and other.place >= place:
                other.place += 1
        root_stable_tree.add(node)
        node.place = place


@routine(source="lib/rbtree.c")
def stable_tree_erase(node: StableNode) -> None:
    """rb_erase."""
    with atomic("the trees are touched under ksm_thread_mutex only"):
        assert node in root_stable_tree, "a node is erased from the stable tree that is not in it"
        root_stable_tree.discard(node)
        for other in pool(StableNode):
            if other in root_stable_tree and other.place > node.place:
                other.place -= 1
        node.place = 0


@routine(source="lib/rbtree.c")
def unstable_tree_next(low: Place, high: Place) -> NextUnstable:
    """An item between two places."""
    with atomic("the trees are touched under ksm_thread_mutex only"):
        if low >= high:
            return UnstableLeaf()
        item = choose(pool(RmapItem))
        wait_until(item in root_unstable_tree and low <= item.place and item.place < high)
        return AtItem(item, item.place)


@routine(source="lib/rbtree.c")
def unstable_tree_link(item: RmapItem, place: Place) -> None:
    """rb_link_node and rb_insert_color, where a search has ended."""
    global ksm_pages_unshared
    with atomic("the trees are touched under ksm_thread_mutex only"):
        for other in pool(RmapItem):
            if other in root_unstable_tree and other.place >= place:
                other.place += 1
        root_unstable_tree.add(item)
        item.place = place
    ksm_pages_unshared = ksm_pages_unshared + 1


@routine(source="lib/rbtree.c")
def unstable_tree_erase(item: RmapItem) -> None:
    """rb_erase."""
    with atomic("the trees are touched under ksm_thread_mutex only"):
        assert item in root_unstable_tree, "an item is erased from a tree that it is not in"
        root_unstable_tree.discard(item)
        for other in pool(RmapItem):
            if other in root_unstable_tree and other.place > item.place:
                other.place -= 1
        item.place = 0


@routine(source="mm/ksm.c", kernel="v2.6.33")
def reset_unstable_tree() -> None:
    """root_unstable_tree = RB_ROOT. The items keep their flags."""
    with atomic("one store of a pointer"):
        for item in pool(RmapItem):
            if item in root_unstable_tree:
                root_unstable_tree.discard(item)
                item.place = 0


@routine(source="mm/ksm.c", kernel="v2.6.33")
def clear_flags(rmap_item: RmapItem) -> None:
    """address &= PAGE_MASK: the item is in no tree."""
    with atomic("flags and seqnr are bits of one word"):
        rmap_item.tree = Tree.NONE
        rmap_item.seqnr = 0


@routine(source="mm/ksm.c", kernel="v2.6.33")
def count_listed(rmap_item: RmapItem) -> None:
    """The item is on a node's list: the node is shared, or once more than before."""
    global ksm_pages_shared, ksm_pages_sharing
    last = rmap_item.next
    if isinstance(last, NextItem):
        ksm_pages_sharing = ksm_pages_sharing + 1
    else:
        ksm_pages_shared = ksm_pages_shared + 1


@routine(source="mm/ksm.c", kernel="v2.6.33")
def count_unlisted(last: bool) -> None:
    """An item has left a node's list, as the last one or not."""
    global ksm_pages_shared, ksm_pages_sharing
    if last:
        ksm_pages_shared = ksm_pages_shared - 1
    else:
        ksm_pages_sharing = ksm_pages_sharing - 1


@routine(source="mm/ksm.c", kernel="v2.6.33")
def count_out_of_unstable() -> None:
    """An item has left the unstable tree, or what was one in the pass before."""
    global ksm_pages_unshared
    ksm_pages_unshared = ksm_pages_unshared - 1
