"""ksmd takes an rmap_item off a KSM page's list while reclaim walks the list.

Kernel: v2.6.33. Guard: page-lock-hlist, in the kernel with 5ad6468801d2; lost in v5.13-rc1 and
    given back before v5.13. KSM.md entry 12.
Source: mm/ksm.c (try_to_unmap_ksm, remove_rmap_item_from_tree, scan_get_next_rmap_item,
    __ksm_exit), mm/vmscan.c.
Question: can a walk of the list come to an rmap_item that is not on it any more?
Keeps: mm1 and mm2, which share a KSM page and are registered; X, the last thread of mm2, which
    exits; ksmd, which then removes mm2's item; R, which tries to reclaim the page.
Abstracts: see models/kernel/hlist.py, ksm_rmap.py, ksm_scan.py. The cursor stands on mm2's slot.
Not covered: insertion during a walk; rmap_walk_ksm.
Result: v2.6.33 holds (108,601 states). Without page-lock-hlist violated after 34 steps (p13: the
    list changes under the walk); with --all also use after free, the walk touching the freed item.
"""

from __future__ import annotations

from ksmcheck.lang import Expect, actor, instance, parameter, scenario, setup
from models.kernel.ksm_lists import MmSlot, ksm_init, ksm_scan
from models.kernel.ksm_scan import ksm_scan_thread
from models.kernel.ksm_slots import mmput
from models.kernel.ksm_start import (
    forget_mappings,
    make_ksm_page,
    map_ksm_page,
    start_registered,
)
from models.kernel.objects import AnonVma, Mm, Page, RmapItem, StableNode, SwapSlot
from models.kernel.patches import PATCHES
from models.kernel.rmap_watch import RmapWatch
from models.kernel.vmscan import shrink_inactive_list
from properties.functional import p3_ksm_invisible
from properties.ksm import (
    p1_node_outlives_page,
    p2_no_downgrade,
    p11_item_pins_anon_vma,
    p13_nobody_walks,
    p17_item_has_node,
)
from properties.refcounts import p5_refcount_covers, p6_mapcount_exact
from properties.rmap import p12_rmap_complete
from properties.slots import p18_cursor_live, p18_hashed_is_listed

scans = parameter(1, "pages that ksmd looks for", at_least=1, at_most=3)

mm1 = instance(Mm)
mm2 = instance(Mm)
av1 = instance(AnonVma)
av2 = instance(AnonVma)
k = instance(Page)
n = instance(StableNode)
r1 = instance(RmapItem)
r2 = instance(RmapItem)
slot1 = instance(MmSlot)
slot2 = instance(MmSlot)
watch = instance(RmapWatch)


@setup
def shared() -> None:
    """mm1 and mm2 map one KSM page; ksmd has come to mm2."""
    ksm_init()
    start_registered(mm1, av1, slot1)
    start_registered(mm2, av2, slot2)
    forget_mappings()
    make_ksm_page(k, n, 1)
    map_ksm_page(mm1, slot1, r1, n)
    map_ksm_page(mm2, slot2, r2, n)
    ksm_scan.mm_slot = slot2


@actor
def X() -> None:
    """The last thread of mm2 exits."""
    mmput(mm2)


@actor(daemon=True)
def ksmd() -> None:
    """The scanner."""
    for _ in range(scans):
        ksm_scan_thread()


@actor(daemon=True)
def R() -> None:
    """Reclaim tries the KSM page."""
    shrink_inactive_list(False)


scenario(
    question="Can a walk of a KSM page's list come to an rmap_item that has been removed?",
    kernel="v2.6.33",
    patches=PATCHES,
    config=["CONFIG_KSM"],
    pools={SwapSlot: 1},
    properties=[
        p1_node_outlives_page,
        p2_no_downgrade,
        p3_ksm_invisible,
        p5_refcount_covers,
        p6_mapcount_exact,
        p11_item_pins_anon_vma,
        p12_rmap_complete,
        p13_nobody_walks,
        p17_item_has_node,
        p18_cursor_live,
        p18_hashed_is_listed,
    ],
    expected=[
        Expect(verdict="holds"),
        Expect(without=["page-lock-hlist"], verdict="violated", property="p13_nobody_walks"),
    ],
)
