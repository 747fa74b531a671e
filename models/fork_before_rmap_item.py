"""Reclaim of a KSM page that has been forked since ksmd last came by.

Kernel: v2.6.33. Guard: rmap-second-pass, a part of db114b83ab6c. KSM.md entry 11.
Source: kernel/fork.c (dup_mmap), mm/memory.c (copy_pte_range), mm/ksm.c (try_to_unmap_ksm),
    mm/vmscan.c.
Question: does a walk over the rmap_items of a KSM page find the ptes that fork has copied?
Keeps: mm1, which maps a KSM page and forks mm2; R, which tries to reclaim the page, or to move it
    away from a frame that is to be taken out, before, while and after.
Abstracts: see models/kernel/fork.py, ksm_rmap.py. ksmd sleeps: mm2 gets no rmap_items.
Not covered: what ksmd makes of it.
Result: v2.6.33 holds (5,798 states). Without rmap-second-pass violated after 57 steps (p12): the
    walk turns mm1's pte into an entry, finds no other vma of mm1, and ends with mm2's pte left:
    fork first, then the walk, as the commit has it. Nothing but ksmd's next visit or an unmapping
    would let the page be freed. With --all p21 after 87 steps: fork copies a migration entry, which
    the walk that restores them does not find; and p3 after 92: the frame it names is freed.
"""

from __future__ import annotations

from ksmcheck.lang import Expect, actor, choose, instance, parameter, scenario, setup
from models.kernel.fork import fork
from models.kernel.hotplug import offline_pages
from models.kernel.ksm_lists import MmSlot, ksm_init
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
from properties.dirty import p26_dirty_is_marked, p26_dropped_clean
from properties.functional import p3_ksm_invisible
from properties.ksm import p1_node_outlives_page, p2_no_downgrade, p13_nobody_walks
from properties.migration import p21_entries_resolved
from properties.refcounts import p5_refcount_covers, p6_mapcount_exact, p7_swapcount_exact
from properties.rmap import p12_rmap_complete
from properties.slots import p18_hashed_is_listed
from properties.swapcache import p8_swapcache_bijection

passes = parameter(2, "pages that reclaim tries", at_least=1, at_most=3)


mm1 = instance(Mm)
mm2 = instance(Mm)
av1 = instance(AnonVma)
k = instance(Page)
n = instance(StableNode)
r1 = instance(RmapItem)
slot1 = instance(MmSlot)
watch = instance(RmapWatch)


@setup
def shared() -> None:
    """mm1 maps a KSM page, mm2 does not exist yet."""
    ksm_init()
    start_registered(mm1, av1, slot1)
    forget_mappings()
    make_ksm_page(k, n, 1)
    map_ksm_page(mm1, slot1, r1, n)


@actor
def Y() -> None:
    """The thread of mm1 forks."""
    fork(mm1, mm2)


@actor(daemon=True)
def R() -> None:
    """Reclaim tries the KSM page; or memory hotremove does."""
    if choose(False, True):
        offline_pages(k)
    else:
        for _ in range(passes):
            shrink_inactive_list(False)


scenario(
    question="Does a walk over the rmap_items of a KSM page find the ptes that fork has copied?",
    kernel="v2.6.33",
    patches=PATCHES,
    config=["CONFIG_KSM"],
    pools={Page: 2, SwapSlot: 1, MmSlot: 3},
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
        p18_hashed_is_listed,
        p21_entries_resolved,
        p26_dirty_is_marked,
        p26_dropped_clean,
    ],
    expected=[
        Expect(verdict="holds"),
        Expect(without=["rmap-second-pass"], verdict="violated", property="p12_rmap_complete"),
    ],
)
