"""A KSM page is swapped out and comes back where nobody looks for KSM pages any more.

Kernel: v2.6.33 to v3.9 and after. No known commit closes it. KSM.md entry 23.
Source: mm/ksm.c (scan_get_next_rmap_item, ksm_madvise, unmerge_ksm_pages), mm/memory.c
    (do_swap_page), mm/vmscan.c.
Question: can a KSM page be mapped where no walk from the page finds it, for good?
Keeps: mm1 and mm2, which share a KSM page; R, reclaim, which may turn ptes into swap entries and
    leave the page in the swap cache; U, a thread of mm1, which calls madvise(MADV_UNMERGEABLE) if
    `unmerges` is 1; F, another one, which reads; ksmd, which takes up `scans` pages while the
    others run, and makes two whole passes when they are done.
Abstracts: see models/kernel/ksm_unmerge.py, ksm_scan.py, vmscan.py.
Not covered: writes, which break the sharing and end the story.
Result: v2.6.33 violated after 235 steps (p28), in the interleaving of the entry: reclaim, then
    madvise, which finds nothing to break, then the read, which maps the page again; ksmd drops the
    rmap_item, for the area is not mergeable any more, and never makes another. It may do so before
    or after the read. Without madvise: holds, ksmd lists the pte again. There is no guard.
"""

from __future__ import annotations

from ksmcheck.lang import Expect, actor, fetch_add, instance, parameter, scenario, setup, wait_until
from models.kernel.ksm_lists import MmSlot, ksm_init
from models.kernel.ksm_scan import ksm_scan_thread
from models.kernel.ksm_start import (
    cursor_at,
    forget_mappings,
    make_ksm_page,
    map_ksm_page,
    start_registered,
)
from models.kernel.ksm_unmerge import ksm_madvise_unmergeable
from models.kernel.memory import user_read
from models.kernel.objects import AnonVma, Count, Mm, Page, RmapItem, StableNode, SwapSlot
from models.kernel.patches import PATCHES
from models.kernel.rmap_watch import RmapWatch
from models.kernel.vmscan import shrink_inactive_list
from properties.functional import p3_ksm_invisible
from properties.ksm import p1_node_outlives_page, p2_no_downgrade, p13_nobody_walks
from properties.progress import p28_every_pte_is_found
from properties.refcounts import p5_refcount_covers, p6_mapcount_exact
from properties.rmap import p12_rmap_complete
from properties.trees import p17_counters

unmerges = parameter(1, "1: mm1 calls madvise(MADV_UNMERGEABLE)", at_least=0, at_most=1)
scans = parameter(1, "pages that ksmd takes up while others run", at_least=0, at_most=2)

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
done: Count


@setup
def shared() -> None:
    """mm1 and mm2 map one KSM page; ksmd comes to mm1."""
    ksm_init()
    forget_mappings()
    start_registered(mm1, av1, slot1)
    start_registered(mm2, av2, slot2)
    make_ksm_page(k, n, 1)
    map_ksm_page(mm1, slot1, r1, n)
    map_ksm_page(mm2, slot2, r2, n)
    cursor_at(slot1)


@actor
def R() -> None:
    """Reclaim unmaps the page from some mms, and leaves it in the swap cache."""
    shrink_inactive_list(False)
    fetch_add(done, 1)


@actor
def U() -> None:
    """A thread of mm1 wants no more merging there."""
    if unmerges == 1:
        ksm_madvise_unmergeable(mm1)
    fetch_add(done, 1)


@actor
def F() -> None:
    """A thread of mm1 reads."""
    user_read(mm1, 0)
    fetch_add(done, 1)


@actor
def ksmd() -> None:
    """The scanner; in the end undisturbed."""
    left: Count = scans + 2
    while left > 0:
        if left == 2:
            wait_until(done == 3)
        ksm_scan_thread(1 if left > 2 else 15)
        left -= 1


scenario(
    question="Can a KSM page be mapped where no walk from the page finds it, for good?",
    kernel="v2.6.33",
    patches=PATCHES,
    config=["CONFIG_KSM"],
    pools={RmapItem: 3, SwapSlot: 1},
    properties=[
        p1_node_outlives_page,
        p2_no_downgrade,
        p3_ksm_invisible,
        p5_refcount_covers,
        p6_mapcount_exact,
        p12_rmap_complete,
        p13_nobody_walks,
        p17_counters,
        p28_every_pte_is_found,
    ],
    expected=[
        Expect(verdict="violated", property="p28_every_pte_is_found"),
        Expect(set={"unmerges": 0}, verdict="holds"),
    ],
)
