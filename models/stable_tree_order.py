"""ksmd builds its trees while what is in them changes and goes.

Kernel: v2.6.33. KSM.md properties P15, P16, P17.
Source: mm/ksm.c (cmp_and_merge_page, stable_tree_search, stable_tree_insert,
    unstable_tree_search_insert, remove_rmap_item_from_tree, get_ksm_page).
Question: is the stable tree always sorted, are nodes declared stale for good, do the counters
    count?
Keeps: mm1, which has a KSM page to itself; mm2 and mm3 with equal pages, which ksmd has seen once;
    ksmd, which makes `passes` passes; X, the thread of mm1, which exits, so that the node becomes
    stale, or F, the thread of mm3, which stores, so that pages change between the searches; with
    `both` X and F.
    Contents are unknowns (symbols), so this is for all of them.
Abstracts: see models/kernel/ksm_trees.py for the shape of the trees.
Not covered: reclaim, migration; trees of more than two nodes.
Result: v2.6.33 holds, and so it does with the copying merge. With `both` it holds as well
    (15,080,313 states).
"""

from __future__ import annotations

from typing import Annotated

from ksmcheck.lang import (
    Expect,
    Range,
    actor,
    choose,
    fresh,
    instance,
    parameter,
    scenario,
    setup,
)
from models.kernel.ksm_lists import MmSlot, ksm_init
from models.kernel.ksm_scan import ksm_scan_thread
from models.kernel.ksm_slots import mmput
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
from properties.trees import p15_stale_is_final, p16_stable_tree_order, p17_counters

both = parameter(0, "1: mm1 exits and mm3 stores in one run", at_least=0, at_most=1)
passes = parameter(2, "passes of ksmd", at_least=1, at_most=5)

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
turn: Annotated[int, Range(0, 1)]
"""Who disturbs ksmd: X or F."""


@setup
def one_node() -> None:
    """The stable tree has one node, and two equal pages have not been seen."""
    same = fresh(Content)
    global turn
    ksm_init()
    if both == 0:
        turn = choose(0, 1)
    forget_mappings()
    start_registered(mm1, av1, slot1)
    start_registered(mm2, av2, slot2)
    start_registered(mm3, av3, slot3)
    make_ksm_page(k, n, fresh(Content))
    map_ksm_page(mm1, slot1, r1, n)
    map_anon_page(mm2, p, same)
    map_anon_page(mm3, q, same)
    seen_once(mm2, slot2, r2)
    seen_once(mm3, slot3, r3)


@actor
def X() -> None:
    """The thread of mm1 exits."""
    if both == 1 or turn == 0:
        mmput(mm1)


@actor
def F() -> None:
    """The thread of mm3 stores, perhaps what mm1's page holds."""
    if both == 1 or turn == 1:
        user_write(mm3, 0, fresh(Content))


@actor(daemon=True)
def ksmd() -> None:
    """The scanner."""
    left: Count = passes
    while left > 0:
        ksm_scan_thread(15)
        left -= 1


scenario(
    question="Is the stable tree sorted, is a stale node stale for good, do the counters count?",
    kernel="v2.6.33",
    patches=PATCHES,
    config=["CONFIG_KSM"],
    pools={Page: 5, StableNode: 2, SwapSlot: 1},
    symbols={Content: 6, Checksum: 4},
    properties=[
        p1_node_outlives_page,
        p2_no_downgrade,
        p3_ksm_invisible,
        p6_mapcount_exact,
        p9_writable_exclusive,
        p14_keyhole_sound,
        p15_stale_is_final,
        p16_stable_tree_order,
        p17_counters,
    ],
    expected=[
        Expect(verdict="holds"),
        Expect(without=["upgrade-in-place"], verdict="holds"),
    ],
)
