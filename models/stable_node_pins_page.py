"""Reclaim wants a KSM page to which its stable_node holds a reference.

Kernel: v2.6.33. Guard: keyhole-reference, the main part of 4035c07a8959. KSM.md entry 9.
Source: mm/ksm.c (get_ksm_page, stable_tree_insert), mm/vmscan.c (shrink_page_list, pageout,
    __remove_mapping).
Question: can reclaim free a KSM page without any step of ksmd?
Keeps: mm1 and mm2, which share a KSM page, in the swap cache or not; R, which goes for that page
    until it has been freed or it has tried often enough. ksmd sleeps.
Abstracts: see models/kernel/vmscan.py. R is the only actor, so that whoever holds a reference is
    no actor.
Not covered: how long ksmd takes to come by; references of others, which come to an end.
Result: v2.6.33 holds. Without keyhole-reference violated: the interleaving is the commit's, as far
    as there is one. A dirty page has one reference too many for pageout, so it is not even written;
    the found run is the one in which the page had been written before, and __remove_mapping finds
    three references where it wants two.
"""

from __future__ import annotations

from ksmcheck.lang import Expect, actor, choose, instance, parameter, scenario, setup
from models.kernel.ksm_lists import MmSlot, ksm_init
from models.kernel.ksm_start import (
    forget_mappings,
    make_ksm_page,
    map_ksm_page,
    start_registered,
    swap_out,
)
from models.kernel.objects import AnonVma, Mm, Page, RmapItem, StableNode, SwapSlot
from models.kernel.patches import PATCHES
from models.kernel.rmap_watch import RmapWatch
from models.kernel.vmscan import shrink_inactive_list
from properties.dirty import p26_dirty_is_marked, p26_dropped_clean
from properties.functional import p3_ksm_invisible
from properties.ksm import p1_node_outlives_page, p2_no_downgrade, p13_nobody_walks
from properties.progress import p28_clean_page_is_freed
from properties.refcounts import p5_refcount_covers, p6_mapcount_exact, p7_swapcount_exact
from properties.rmap import p12_rmap_complete
from properties.swapcache import p8_swapcache_bijection

tries = parameter(2, "pages that reclaim takes up", at_least=1, at_most=4)

mm1 = instance(Mm)
mm2 = instance(Mm)
av1 = instance(AnonVma)
av2 = instance(AnonVma)
s1 = instance(SwapSlot)
k = instance(Page)
n = instance(StableNode)
r1 = instance(RmapItem)
r2 = instance(RmapItem)
slot1 = instance(MmSlot)
slot2 = instance(MmSlot)
watch = instance(RmapWatch)


@setup
def shared() -> None:
    """mm1 and mm2 map one KSM page, which may be in the swap cache, clean."""
    ksm_init()
    start_registered(mm1, av1, slot1)
    start_registered(mm2, av2, slot2)
    forget_mappings()
    make_ksm_page(k, n, 1)
    map_ksm_page(mm1, slot1, r1, n)
    map_ksm_page(mm2, slot2, r2, n)
    if choose(False, True):
        swap_out(n, s1)


@actor
def R() -> None:
    """Reclaim goes for the KSM page."""
    for _ in range(tries):
        if k.lru:
            shrink_inactive_list(True)


scenario(
    question="Can reclaim free a KSM page without any step of ksmd?",
    kernel="v2.6.33",
    patches=PATCHES,
    config=["CONFIG_KSM"],
    properties=[
        p1_node_outlives_page,
        p2_no_downgrade,
        p3_ksm_invisible,
        p5_refcount_covers,
        p6_mapcount_exact,
        p7_swapcount_exact,
        p8_swapcache_bijection,
        p12_rmap_complete,
        p13_nobody_walks,
        p26_dirty_is_marked,
        p26_dropped_clean,
        p28_clean_page_is_freed,
    ],
    expected=[
        Expect(verdict="holds"),
        Expect(
            without=["keyhole-reference"], verdict="violated", property="p28_clean_page_is_freed"
        ),
    ],
)
