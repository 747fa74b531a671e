"""The only mark that a KSM page differs from its slot goes with the pte that carried it.

Kernel: v2.6.35. Guard: ksm-dirty-transfer, 4e31635c367a of v2.6.36. KSM.md entry 29.
Source: mm/ksm.c (write_protect_page), mm/memory.c (zap_pte_range, do_wp_page), mm/swapfile.c
    (reuse_swap_page), mm/page_io.c, mm/vmscan.c.
Question: can reclaim drop a KSM page whose slot has an older content?
Keeps: mm1's page, swapped out and under writeback of its content 2; F1, the thread of mm1, which
    stores 1 and then gives the place up; mm2 with an equal page of its own; ksmd, which merges the
    two; the device, which ends the writeback; R, which reclaims. `gives_up` = 0: F1 zaps the place
    (MADV_DONTNEED); 1: it stores 3, which needs a copy of the KSM page.
Abstracts: see models/kernel/. That the two items have met in the unstable tree is the setup's.
Not covered: the second thread that reads the outdated content: p3 looks at what it would read.
Result: v2.6.35 violated after 81 steps (p26: nothing says any more that the page differs from its
    slot; with --all p3 after 149, when the page has been freed and mm2's pte holds the slot).
    gives_up=1 violated after 94. With ksm-dirty-transfer holds (153,341 states; gives_up=1:
    244,859).
Story: the commit's. It names the unmapping; a further store of mm1, which breaks the KSM page with
    a copy, drops the dirty pte as well.
"""

from __future__ import annotations

from ksmcheck.lang import Expect, actor, instance, mutex_lock, parameter, scenario, setup
from models.kernel.exit import madvise_dontneed
from models.kernel.ksm_cmp import merge_two_pages
from models.kernel.ksm_lists import ksm_init, ksm_thread_mutex
from models.kernel.ksm_start import (
    cache_swapped_page,
    forget_mappings,
    map_anon_page,
    map_vma,
    start_item,
    start_mm,
)
from models.kernel.memory import follow_page, user_write
from models.kernel.objects import AnonVma, Mm, Page, RmapItem, StableNode, SwapSlot
from models.kernel.page import put_page
from models.kernel.patches import PATCHES
from models.kernel.rmap_watch import RmapWatch
from models.kernel.vmscan import end_page_writeback, shrink_inactive_list
from properties.dirty import p26_dirty_is_marked, p26_dropped_clean
from properties.functional import p3_ksm_invisible
from properties.ksm import (
    p1_node_outlives_page,
    p2_no_downgrade,
)
from properties.refcounts import p5_refcount_covers, p6_mapcount_exact, p7_swapcount_exact
from properties.rmap import p12_rmap_complete
from properties.sharing import p9_writable_exclusive

gives_up = parameter(0, "how mm1 leaves the page: 0 zaps, 1 stores", at_least=0, at_most=1)

mm1 = instance(Mm)
mm2 = instance(Mm)
av1 = instance(AnonVma)
av2 = instance(AnonVma)
s1 = instance(SwapSlot)
p = instance(Page)
q = instance(Page)
r1 = instance(RmapItem)
r2 = instance(RmapItem)
watch = instance(RmapWatch)


@setup
def under_writeback() -> None:
    """mm1's page is in the swap cache only, and the device has just copied it."""
    ksm_init()
    start_mm(mm1)
    start_mm(mm2)
    forget_mappings()
    map_vma(mm1, av1)
    map_vma(mm2, av2)
    mm1.vma_mergeable = True
    mm2.vma_mergeable = True
    start_item(r1, mm1)
    start_item(r2, mm2)
    map_anon_page(mm2, q, 1)
    cache_swapped_page(mm1, p, s1, 2)
    p.writeback = True


@actor
def F1() -> None:
    """The thread of mm1: stores 1 and lets the place go."""
    user_write(mm1, 0, 1)
    if gives_up == 0:
        madvise_dontneed(mm1)
    else:
        user_write(mm1, 0, 3)


@actor
def ksmd() -> None:
    """Merges the two pages."""
    with mutex_lock(ksm_thread_mutex):
        page = follow_page(mm1, 0)
        if page is None:
            return
        tree_page = follow_page(mm2, 0)
        if tree_page is not None:
            merge_two_pages(r1, page, r2, tree_page)
        put_page(page)


@actor(daemon=True)
def device() -> None:
    """The block is written."""
    end_page_writeback(p)


@actor(daemon=True)
def R() -> None:
    """Reclaim."""
    shrink_inactive_list(False)


scenario(
    question="Can reclaim drop a KSM page whose slot has an older content?",
    kernel="v2.6.35",
    patches=PATCHES,
    config=["CONFIG_KSM"],
    pools={Page: 3, StableNode: 1},
    properties=[
        p1_node_outlives_page,
        p2_no_downgrade,
        p3_ksm_invisible,
        p5_refcount_covers,
        p6_mapcount_exact,
        p7_swapcount_exact,
        p9_writable_exclusive,
        p12_rmap_complete,
        p26_dirty_is_marked,
        p26_dropped_clean,
    ],
    expected=[
        Expect(verdict="violated", property="p26_dirty_is_marked"),
        Expect(set={"gives_up": 1}, verdict="violated", property="p26_dirty_is_marked"),
        Expect(patches=["ksm-dirty-transfer"], verdict="holds"),
        Expect(patches=["ksm-dirty-transfer"], set={"gives_up": 1}, verdict="holds"),
    ],
)
