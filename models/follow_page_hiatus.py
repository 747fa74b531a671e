"""MADV_UNMERGEABLE comes to a KSM page just while it is moved.

Kernel: v3.9, in which everybody may move KSM pages. Guard: follow-page-waits, 5117b3b835f2.
    KSM.md entry 39.
Source: mm/ksm.c (unmerge_ksm_pages, break_ksm), mm/memory.c (follow_page), mm/migrate.c.
Question: after MADV_UNMERGEABLE, can a KSM page come back that was being moved?
Keeps: mm1, which maps a KSM page; U, its thread, which calls madvise(MADV_UNMERGEABLE); G, which
    moves the page to another frame.
Abstracts: see models/kernel/migrate.py, migrate_ptes.py, ksm_unmerge.py.
Not covered: reclaim: swapin_after_unmergeable.
Result: v3.9 holds (4,776 states). Without follow-page-waits violated after 52 steps (p24):
    follow_page finds a migration entry, which is no page; U goes on, and G maps the KSM page in its
    new frame. It is the commit's account. No fault is needed: the end of G brings the page back.
"""

from __future__ import annotations

from ksmcheck.lang import Expect, actor, instance, scenario, setup
from models.kernel.ksm_lists import MmSlot, ksm_init
from models.kernel.ksm_start import (
    forget_mappings,
    make_ksm_page,
    map_ksm_page,
    start_registered,
)
from models.kernel.ksm_unmerge import ksm_madvise_unmergeable
from models.kernel.migrate import migrate_pages
from models.kernel.objects import AnonVma, Mm, Page, RmapItem, StableNode, SwapSlot
from models.kernel.patches import PATCHES
from models.kernel.rmap_watch import RmapWatch
from properties.functional import p3_ksm_invisible
from properties.ksm import p1_node_outlives_page, p2_no_downgrade, p13_nobody_walks
from properties.migration import p21_entries_resolved
from properties.refcounts import p5_refcount_covers, p6_mapcount_exact
from properties.rmap import p12_rmap_complete
from properties.sharing import p9_writable_exclusive
from properties.unmerge import p24_madvise_unmerged

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
def G() -> None:
    """Moves the page."""
    migrate_pages(k, False)


scenario(
    question="After MADV_UNMERGEABLE, can a KSM page come back that was being moved?",
    kernel="v3.9",
    patches=PATCHES,
    config=["CONFIG_KSM"],
    pools={Page: 3, SwapSlot: 1},
    properties=[
        p1_node_outlives_page,
        p2_no_downgrade,
        p3_ksm_invisible,
        p5_refcount_covers,
        p6_mapcount_exact,
        p9_writable_exclusive,
        p12_rmap_complete,
        p13_nobody_walks,
        p21_entries_resolved,
        p24_madvise_unmerged,
    ],
    expected=[
        Expect(verdict="holds"),
        Expect(without=["follow-page-waits"], verdict="violated", property="p24_madvise_unmerged"),
    ],
)
