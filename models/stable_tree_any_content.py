"""ksmd builds its trees over pages whose contents nobody knows.

Kernel: v2.6.33. KSM.md P16, for all contents.
Source: mm/ksm.c (cmp_and_merge_page, stable_tree_search, stable_tree_insert,
    unstable_tree_search_insert, calc_checksum, memcmp_pages).
Question: do the contents of the stable tree increase from node to node, whatever they are?
Keeps: mm1, which has a KSM page to itself; mm2 and mm3 with a page each, which ksmd has seen once;
    ksmd, which makes `passes` passes; F, the thread of mm3, which stores a new content at any
    moment, if `stores` is 1. All contents are unknowns that may be equal or not, in any order, and
    two of them may have one checksum. With `order` 1 the three contents of the start are ordered as
    mm1 < mm2 < mm3: one concrete order, for comparison.
Abstracts: see models/kernel/ksm_trees.py for the shape of the trees.
Not covered: reclaim, migration, a node that goes stale; trees of more than two nodes.
Result: v2.6.33 holds (104,321 states in 162 conditions; without stores 2,598), and so it does with
    the copying merge.
"""

from __future__ import annotations

from ksmcheck.lang import Expect, actor, assume, fresh, instance, parameter, scenario, setup
from models.kernel.ksm_lists import MmSlot, ksm_init
from models.kernel.ksm_scan import ksm_scan_thread
from models.kernel.ksm_start import (
    forget_mappings,
    make_ksm_page,
    map_anon_page,
    map_ksm_page,
    seen_once,
    start_registered,
)
from models.kernel.memory import user_write
from models.kernel.objects import (
    AnonVma,
    Checksum,
    Content,
    Count,
    Mm,
    Page,
    RmapItem,
    StableNode,
    SwapSlot,
)
from models.kernel.patches import PATCHES
from properties.functional import p3_ksm_invisible
from properties.ksm import p1_node_outlives_page, p2_no_downgrade, p14_keyhole_sound
from properties.refcounts import p6_mapcount_exact
from properties.sharing import p9_writable_exclusive
from properties.trees import p16_stable_tree_order, p17_counters

passes = parameter(2, "passes of ksmd", at_least=1, at_most=5)
stores = parameter(1, "1: the thread of mm3 stores", at_least=0, at_most=1)
order = parameter(0, "1: one order of the contents of the start", at_least=0, at_most=1)

mm1 = instance(Mm)
mm2 = instance(Mm)
mm3 = instance(Mm)
av1 = instance(AnonVma)
av2 = instance(AnonVma)
av3 = instance(AnonVma)
k = instance(Page)
p = instance(Page)
q = instance(Page)
n = instance(StableNode)
r1 = instance(RmapItem)
r2 = instance(RmapItem)
r3 = instance(RmapItem)
slot1 = instance(MmSlot)
slot2 = instance(MmSlot)
slot3 = instance(MmSlot)


@setup
def three_contents() -> None:
    """A node of the stable tree and two pages that have been seen once, of any content."""
    ksm_init()
    forget_mappings()
    start_registered(mm1, av1, slot1)
    start_registered(mm2, av2, slot2)
    start_registered(mm3, av3, slot3)
    first = fresh(Content)
    second = fresh(Content)
    third = fresh(Content)
    if order == 1:
        assume(first < second)
        assume(second < third)
    make_ksm_page(k, n, first)
    map_ksm_page(mm1, slot1, r1, n)
    map_anon_page(mm2, p, second)
    map_anon_page(mm3, q, third)
    seen_once(mm2, slot2, r2)
    seen_once(mm3, slot3, r3)


@actor
def F() -> None:
    """The thread of mm3 stores what nobody knows."""
    if stores == 1:
        user_write(mm3, 0, fresh(Content))


@actor(daemon=True)
def ksmd() -> None:
    """The scanner."""
    left: Count = passes
    while left > 0:
        ksm_scan_thread(15)
        left -= 1


scenario(
    question="Do the contents of the stable tree increase, whatever they are?",
    kernel="v2.6.33",
    patches=PATCHES,
    config=["CONFIG_KSM"],
    pools={Page: 5, StableNode: 2, SwapSlot: 1},
    symbols={Content: 6, Checksum: 6},
    properties=[
        p1_node_outlives_page,
        p2_no_downgrade,
        p3_ksm_invisible,
        p6_mapcount_exact,
        p9_writable_exclusive,
        p14_keyhole_sound,
        p16_stable_tree_order,
        p17_counters,
    ],
    expected=[
        Expect(verdict="holds"),
        Expect(set={"stores": 0}, verdict="holds"),
        Expect(without=["upgrade-in-place"], verdict="holds"),
    ],
)
