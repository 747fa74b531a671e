"""MADV_UNMERGEABLE while a KSM page of the area is behind a swap entry.

Kernel: v2.6.33 to v3.9 and after. No known commit closes it. KSM.md entry 23, property P24.
Source: mm/ksm.c (ksm_madvise, unmerge_ksm_pages, break_ksm), mm/memory.c (do_swap_page).
Question: after MADV_UNMERGEABLE, can a KSM page be mapped in the area?
Keeps: mm1, whose pte is a KSM page's, or its swap entry; U, its thread, which calls
    madvise(MADV_UNMERGEABLE); F, another one, which reads; R, reclaim.
Abstracts: see models/kernel/ksm_unmerge.py, vmscan.py.
Not covered: ksmd, which sleeps: swapped_rmap_item_pruned.py has it.
Result: v2.6.33 violated, v3.9 as well: copy-when-unmerging is for run=2 alone. What madvise does
    not break is not mapped when it looks: it is the first of the three steps of the entry that
    matter here, without any pruning. If reclaim keeps out (`swaps` is 0) it holds.
"""

from __future__ import annotations

from ksmcheck.lang import Expect, actor, instance, parameter, scenario, setup
from models.kernel.ksm_lists import MmSlot, ksm_init
from models.kernel.ksm_start import (
    forget_mappings,
    make_ksm_page,
    map_ksm_page,
    start_registered,
)
from models.kernel.ksm_unmerge import ksm_madvise_unmergeable
from models.kernel.memory import user_read
from models.kernel.objects import AnonVma, Mm, Page, RmapItem, StableNode, SwapSlot
from models.kernel.patches import PATCHES
from models.kernel.rmap_watch import RmapWatch
from models.kernel.vmscan import shrink_inactive_list
from properties.dirty import p26_dirty_is_marked, p26_dropped_clean
from properties.functional import p3_ksm_invisible
from properties.ksm import p1_node_outlives_page, p2_no_downgrade, p13_nobody_walks
from properties.refcounts import p5_refcount_covers, p6_mapcount_exact, p7_swapcount_exact
from properties.rmap import p12_rmap_complete
from properties.sharing import p9_writable_exclusive
from properties.swapcache import p8_swapcache_bijection
from properties.unmerge import p24_madvise_unmerged

swaps = parameter(1, "1: reclaim is at work", at_least=0, at_most=1)

mm1 = instance(Mm)
av1 = instance(AnonVma)
k = instance(Page)
n = instance(StableNode)
r1 = instance(RmapItem)
slot1 = instance(MmSlot)
watch = instance(RmapWatch)


@setup
def merged() -> None:
    """mm1 maps a KSM page."""
    ksm_init()
    forget_mappings()
    start_registered(mm1, av1, slot1)
    make_ksm_page(k, n, 1)
    map_ksm_page(mm1, slot1, r1, n)


@actor
def U() -> None:
    """A thread of mm1 wants no more merging there."""
    ksm_madvise_unmergeable(mm1)


@actor
def F() -> None:
    """A thread of mm1 reads."""
    user_read(mm1, 0)


@actor(daemon=True)
def R() -> None:
    """Reclaim."""
    if swaps == 1:
        shrink_inactive_list(False)


scenario(
    question="After MADV_UNMERGEABLE, can a KSM page be mapped in the area?",
    kernel="v2.6.33",
    patches=PATCHES,
    config=["CONFIG_KSM"],
    pools={Page: 2, SwapSlot: 1},
    properties=[
        p1_node_outlives_page,
        p2_no_downgrade,
        p3_ksm_invisible,
        p5_refcount_covers,
        p6_mapcount_exact,
        p7_swapcount_exact,
        p8_swapcache_bijection,
        p9_writable_exclusive,
        p12_rmap_complete,
        p13_nobody_walks,
        p24_madvise_unmerged,
        p26_dirty_is_marked,
        p26_dropped_clean,
    ],
    expected=[
        Expect(verdict="violated", property="p24_madvise_unmerged"),
        Expect(kernel="v3.9", verdict="violated", property="p24_madvise_unmerged"),
    ],
)
