"""The list of the rmap_items that share a KSM page, with real pointers.

Kernel: v2.6.33; the same in every version of patches.py.
Source: include/linux/list.h (hlist_add_head, hlist_del, hlist_for_each_entry), as mm/ksm.c uses
    them for stable_node.hlist.
Question: none; a part of the kernel that scenarios build on.
Keeps: every load and store of the pointers, in the kernel's order, and the poison that hlist_del
    leaves: a walk that stands on an item that is taken off finds it.
Abstracts: the poison has no address; following it is an assertion instead of an oops.
Not covered: hlists of anything but rmap_items; the hash of mm_slots is a set (ksm_slots.py).
"""

from __future__ import annotations

from ksmcheck.lang import routine
from models.kernel.objects import (
    FirstOf,
    HlistEnd,
    HlistNext,
    HlistPrev,
    NextItem,
    NextOf,
    PoisonNext,
    PoisonPrev,
    RmapItem,
    StableNode,
)


@routine(source="include/linux/list.h")
def hlist_add_head(item: RmapItem, node: StableNode) -> None:
    """Puts the item before all others of the node."""
    first = node.first
    item.next = first
    match first:
        case NextItem(other):
            other.pprev = NextOf(item)
        case _:
            pass
    node.first = NextItem(item)
    item.pprev = FirstOf(node)


@routine(source="include/linux/list.h")
def hlist_del(item: RmapItem) -> None:
    """Takes the item off its list and leaves poison in it."""
    following = item.next
    pprev = item.pprev
    store_through(pprev, following)
    match following:
        case NextItem(other):
            other.pprev = pprev
        case _:
            pass
    item.next = PoisonNext()
    item.pprev = PoisonPrev()


@routine(source="include/linux/list.h")
def store_through(pprev: HlistPrev, following: HlistNext) -> None:
    """*pprev = following."""
    match pprev:
        case FirstOf(node):
            node.first = following
        case NextOf(item):
            item.next = following
        case _:
            assert isinstance(pprev, FirstOf), "an rmap_item is taken off a list it is not on"


@routine(source="include/linux/list.h")
def hlist_entry(pointer: HlistNext) -> RmapItem | None:
    """The item that a pointer of the list points to; None at the end."""
    assert not isinstance(pointer, PoisonNext), "a walk follows the poison of a deleted rmap_item"
    if isinstance(pointer, HlistEnd):
        return None
    match pointer:
        case NextItem(item):
            return item
        case _:
            return None
