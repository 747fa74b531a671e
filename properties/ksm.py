"""KSM pages, their stable_nodes and the keyhole between them."""

from __future__ import annotations

from ksmcheck.lang import invariant, is_live, old, pool, predicate, step_property, witness
from models.kernel.objects import Ksm, Page, PoisonPrev, RmapItem, StableNode, Tree, Unhashed


@invariant(source="KSM.md P1 node_outlives_page; 4035c07a8959")
def p1_node_outlives_page(page: Page) -> bool:
    """No stable_node is freed while a page that is in use points to it."""
    match page.mapping:
        case Ksm(node):
            return node is None or is_live(node) or page.refcount == 0
        case _:
            return True


@witness(p1_node_outlives_page)
def a_page_in_use_has_a_node(page: Page) -> bool:
    """A KSM page with a reference points to its node."""
    match page.mapping:
        case Ksm(node):
            return node is not None and page.refcount > 0
        case _:
            return False


@step_property(source="KSM.md P2 ksm_no_downgrade; 80e148226028")
def p2_no_downgrade(page: Page) -> bool:
    """A page that has become a KSM page stays one until it is freed."""
    if not old(page.upgraded) or not page.upgraded:
        return True
    return isinstance(page.mapping, Ksm)


@witness(p2_no_downgrade)
def a_ksm_page(page: Page) -> bool:
    """A page has become a KSM page."""
    return page.upgraded and isinstance(page.mapping, Ksm)


@predicate
def walkable(item: RmapItem) -> bool:
    """The item is on the list of a node that a page in use points to."""
    if not is_live(item) or item.head is None or isinstance(item.pprev, PoisonPrev):
        return False
    if isinstance(item.pprev, Unhashed):
        return False
    return any(page.mapping == Ksm(item.head) and page.refcount > 0 for page in pool(Page))


@invariant(source="KSM.md P11 anon_vma_life; db114b83ab6c")
def p11_item_pins_anon_vma(item: RmapItem) -> bool:
    """The anon_vma of an rmap_item that a walk may come to has not been freed."""
    return not walkable(item) or item.anon_vma is None or is_live(item.anon_vma)


@witness(p11_item_pins_anon_vma)
def only_an_item_pins_it(item: RmapItem) -> bool:
    """An rmap_item that a walk may come to names an anon_vma that its own mm has left."""
    if not walkable(item) or item.anon_vma is None or item.mm is None:
        return False
    return item.mm not in item.anon_vma.vmas


@step_property(source="KSM.md P14 keyhole_sound; 4035c07a8959")
def p14_keyhole_sound(node: StableNode) -> bool:
    """What get_ksm_page returns is the page that the node was made for, with a reference."""
    if node.looked is None or node.looked == old(node.looked):
        return True
    return node.looked.keyed == node and node.looked.refcount > 0


@witness(p14_keyhole_sound)
def the_keyhole_shows_a_page(node: StableNode) -> bool:
    """get_ksm_page has returned a page."""
    return node.looked is not None


@step_property(source="KSM.md P13 hlist_discipline; 5ad6468801d2")
def p13_nobody_walks(node: StableNode) -> bool:
    """A node's list does not change while a walk is on it."""
    if not old(node.walked) or not node.walked:
        return True
    return node.first == old(node.first) and all(
        item.next == old(item.next) for item in pool(RmapItem) if item.head == node
    )


@witness(p13_nobody_walks)
def a_walk(node: StableNode) -> bool:
    """A walk is on a node's list."""
    return node.walked


@invariant(source="KSM.md P11 and P17: an rmap_item of the stable tree has a live node")
def p17_item_has_node(item: RmapItem) -> bool:
    """An rmap_item of the stable tree points to a node that has not been freed."""
    if not is_live(item) or item.tree != Tree.STABLE:
        return True
    return item.head is not None and is_live(item.head)


@witness(p17_item_has_node)
def an_item_of_the_stable_tree(item: RmapItem) -> bool:
    """An rmap_item is in the stable tree."""
    return (
        is_live(item)
        and item.tree == Tree.STABLE
        and any(node == item.head for node in pool(StableNode))
    )
