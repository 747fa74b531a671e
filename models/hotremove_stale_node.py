"""The frame of a KSM page is taken out of the system; the page has been freed just before.

Kernel: v2.6.33. Guard: kpfn-prune-on-offline, a part of 62b61f611eb5 (8/9). KSM.md entry 19.
Source: mm/memory_hotplug.c (offline_pages), mm/ksm.c (ksm_memory_callback, get_ksm_page,
    scan_get_next_rmap_item), mm/mmap.c (munmap).
Question: can a stable_node be left that points to a struct page that does not exist any more?
Keeps: mm1, which has a KSM page for itself; X, which unmaps it; G, which takes the frame out, with
    the page moved to the other frame or freed; ksmd, which removes what mm1 has left.
Abstracts: see models/kernel/hotplug.py, migrate.py.
Not covered: memory that is added again; a second section.
Result: v2.6.33 holds (4,378 states). Without kpfn-prune-on-offline violated after 15 steps (p25):
    X frees the page before migration comes to it, nothing has to be moved, and the node stays. It
    is the commit's account; with --all ksmd then reads the mapping of the struct page that is gone
    (assertion, 37 steps).
"""

from __future__ import annotations

from ksmcheck.lang import Expect, actor, instance, scenario, setup
from models.kernel.exit import munmap
from models.kernel.hotplug import offline_pages
from models.kernel.ksm_lists import MmSlot, ksm_init
from models.kernel.ksm_scan import ksm_scan_thread
from models.kernel.ksm_start import (
    cursor_at,
    forget_mappings,
    make_ksm_page,
    map_ksm_page,
    start_registered,
)
from models.kernel.objects import AnonVma, Mm, Page, RmapItem, StableNode, SwapSlot
from models.kernel.patches import PATCHES
from models.kernel.rmap_watch import RmapWatch
from properties.functional import p3_ksm_invisible
from properties.immutable import p10_content_stays, p10_no_way_to_write
from properties.ksm import (
    p1_node_outlives_page,
    p2_no_downgrade,
    p11_item_pins_anon_vma,
    p13_nobody_walks,
    p17_item_has_node,
)
from properties.migration import p21_entries_resolved, p25_no_node_of_removed_frame
from properties.refcounts import p5_refcount_covers, p6_mapcount_exact
from properties.rmap import p12_rmap_complete
from properties.slots import p18_cursor_live, p18_hashed_is_listed
from properties.trees import p15_stale_is_final

mm1 = instance(Mm)
av1 = instance(AnonVma)
k = instance(Page)
n = instance(StableNode)
r1 = instance(RmapItem)
slot1 = instance(MmSlot)
watch = instance(RmapWatch)


@setup
def shared() -> None:
    """mm1 maps a KSM page, and ksmd is about to come to mm1."""
    ksm_init()
    start_registered(mm1, av1, slot1)
    forget_mappings()
    make_ksm_page(k, n, 1)
    map_ksm_page(mm1, slot1, r1, n)
    cursor_at(slot1)


@actor
def X() -> None:
    """The thread of mm1 unmaps its vma."""
    munmap(mm1)


@actor
def G() -> None:
    """Takes the frame out."""
    offline_pages(k)


@actor(daemon=True)
def ksmd() -> None:
    """The scanner."""
    ksm_scan_thread()


scenario(
    question="Can a stable_node be left that points to a struct page that does not exist any more?",
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
        p10_no_way_to_write,
        p10_content_stays,
        p11_item_pins_anon_vma,
        p12_rmap_complete,
        p13_nobody_walks,
        p15_stale_is_final,
        p17_item_has_node,
        p18_cursor_live,
        p18_hashed_is_listed,
        p21_entries_resolved,
        p25_no_node_of_removed_frame,
    ],
    expected=[
        Expect(verdict="holds"),
        Expect(
            without=["kpfn-prune-on-offline"],
            verdict="violated",
            property="p25_no_node_of_removed_frame",
        ),
    ],
)
