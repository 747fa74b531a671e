"""ksmd merges a page of an area while somebody takes merging back, there or everywhere.

Kernel: v2.6.33. No guard is removed. KSM.md property P24, with nothing swapped out.
Source: mm/ksm.c (ksm_madvise, run_store, unmerge_and_remove_all_rmap_items, cmp_and_merge_page,
    try_to_merge_with_ksm_page).
Question: can ksmd bring a KSM page back where merging has just been taken back?
Keeps: mm2, which has a KSM page to itself; mm1 with an equal page, which ksmd comes to; U, a thread
    of mm1, which calls madvise(MADV_UNMERGEABLE), or writes 2 to run; ksmd, which takes up `scans`
    pages.
    Contents are unknowns (symbols), so this is for all of them.
Abstracts: see models/kernel/ksm_unmerge.py, ksm_cmp.py.
Not covered: swap (swapin_after_unmergeable, swapin_during_unmerge), forks
    (enter_behind_unmerge_cursor).
Result: v2.6.33 holds: whoever merges holds mmap_sem for reading from its look at VM_MERGEABLE to
    the pte, madvise for writing, and run_store keeps ksmd out altogether.
"""

from __future__ import annotations

from ksmcheck.lang import (
    Expect,
    actor,
    choose,
    fresh,
    instance,
    parameter,
    scenario,
    setup,
)
from models.kernel.ksm_lists import KsmRun, MmSlot, ksm_init
from models.kernel.ksm_scan import ksm_scan_thread
from models.kernel.ksm_start import (
    cursor_at,
    forget_mappings,
    make_ksm_page,
    map_anon_page,
    map_ksm_page,
    start_registered,
)
from models.kernel.ksm_unmerge import ksm_madvise_unmergeable, run_store
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
from properties.ksm import p1_node_outlives_page, p2_no_downgrade, p17_item_has_node
from properties.refcounts import p6_mapcount_exact
from properties.trees import p17_counters
from properties.unmerge import p24_madvise_unmerged, p24_run_unmerged

scans = parameter(2, "pages that ksmd takes up", at_least=1, at_most=4)

mm1 = instance(Mm)
mm2 = instance(Mm)
av1 = instance(AnonVma)
av2 = instance(AnonVma)
p = instance(Page)
k = instance(Page)
n = instance(StableNode)
r2 = instance(RmapItem)
slot1 = instance(MmSlot)
slot2 = instance(MmSlot)


@setup
def equal_pages() -> None:
    """mm2 maps a KSM page, mm1 an ordinary one of the same content. ksmd comes to mm1."""
    same = fresh(Content)
    ksm_init()
    forget_mappings()
    start_registered(mm1, av1, slot1)
    start_registered(mm2, av2, slot2)
    map_anon_page(mm1, p, same)
    make_ksm_page(k, n, same)
    map_ksm_page(mm2, slot2, r2, n)
    cursor_at(slot1)


@actor
def U() -> None:
    """Somebody wants no more merging, in mm1 or anywhere."""
    if choose(False, True):
        ksm_madvise_unmergeable(mm1)
    else:
        run_store(KsmRun.UNMERGE)


@actor(daemon=True)
def ksmd() -> None:
    """The scanner."""
    left: Count = scans
    while left > 0:
        ksm_scan_thread()
        left -= 1


scenario(
    question="Can ksmd bring a KSM page back where merging has just been taken back?",
    kernel="v2.6.33",
    patches=PATCHES,
    config=["CONFIG_KSM"],
    pools={Page: 4, RmapItem: 2, SwapSlot: 1},
    symbols={Content: 6, Checksum: 4},
    properties=[
        p1_node_outlives_page,
        p2_no_downgrade,
        p3_ksm_invisible,
        p6_mapcount_exact,
        p17_counters,
        p17_item_has_node,
        p24_madvise_unmerged,
        p24_run_unmerged,
    ],
    expected=[Expect(verdict="holds")],
)
