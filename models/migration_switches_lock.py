"""A KSM page is moved to another frame: its node's page, and the lock of its node's list, change.

Kernel: v2.6.33, and the rungs before. Guards: ksm-migration-offline-only and ktm-over-offline, both
    in 62b61f611eb5 (8/9), needed since e9995ef978a7 (7/9); recheck-kpfn and get-ksm-page-locked
    (v3.9) instead of them. KSM.md entries 18a and 18b.
Source: mm/migrate.c (unmap_and_move and below), mm/ksm.c (get_ksm_page, ksm_migrate_page,
    remove_rmap_item_from_tree, scan_get_next_rmap_item), mm/vmscan.c.
Question: can ksmd take the node of a KSM page that moves for stale, or change its list unlocked?
Keeps: mm1, which maps a KSM page; mm2, which did and whose rmap_item ksmd is about to remove; G,
    which moves the page to the other frame; R, which tries to reclaim it wherever it is.
Abstracts: see models/kernel/migrate.py, hotplug.py. mm2 has unmapped its vma before the run.
Not covered: a page in the swap cache while it moves, unless R has put it there.
Result: v2.6.33 holds (29,234 states), and so does v3.9 (76,380). Without ksm-migration-offline-only
    violated after 76 steps, without ktm-over-offline after 77 (p1): ksmd has read the node's old
    frame when the page moves, finds that frame's mapping empty, and frees the node. That is the
    commit's own account (18a). In v3.9 the same without recheck-kpfn; without spin-on-frozen when R
    has put the page in the swap cache: ksmd takes the frozen page for a free one. 18b is what is
    left without get-ksm-page-locked (p13, 126 steps): ksmd has the old page's lock, R the new
    page's, and both are on the list. With --all also use after free.
    The ladder shows more. From 2/9 on KSM pages are on the LRU, where migration finds them; nothing
    refuses them before 8/9. Up to 6/9 the restoring walk knows anon_vmas only, so that the entries
    stay (p21, closed by 7/9), and from 4/9 on the node, which does not follow, is found stale (p1).
    7/9 opens 18b (p13), 8/9 closes all. v2.6.35 to v2.6.37 count on the anon_vma of a KSM page,
    which is NULL (assertion: KSM.md entry 21); from v2.6.38 to v3.8 no mapped KSM page moves.
"""

from __future__ import annotations

from ksmcheck.lang import Expect, actor, choose, instance, parameter, scenario, setup
from models.kernel.hotplug import offline_pages
from models.kernel.ksm_lists import MmSlot, ksm_init
from models.kernel.ksm_scan import ksm_scan_thread
from models.kernel.ksm_start import (
    cursor_at,
    forget_mappings,
    make_ksm_page,
    map_ksm_page,
    start_registered,
    unmap_ksm_page,
)
from models.kernel.migrate import migrate_pages
from models.kernel.objects import AnonVma, Mm, Page, RmapItem, StableNode, SwapSlot
from models.kernel.patches import PATCHES
from models.kernel.rmap_watch import RmapWatch
from models.kernel.vmscan import shrink_inactive_list
from properties.dirty import p26_dirty_is_marked, p26_dropped_clean
from properties.functional import p3_ksm_invisible
from properties.immutable import p10_content_stays, p10_no_way_to_write
from properties.ksm import (
    p1_node_outlives_page,
    p2_no_downgrade,
    p11_item_pins_anon_vma,
    p13_nobody_walks,
    p14_keyhole_sound,
    p17_item_has_node,
)
from properties.migration import p21_entries_resolved
from properties.refcounts import p5_refcount_covers, p6_mapcount_exact, p7_swapcount_exact
from properties.rmap import p12_rmap_complete
from properties.slots import p18_cursor_live, p18_hashed_is_listed
from properties.trees import p17_counters

reclaim = parameter(1, "pages that reclaim tries", at_least=0, at_most=1)

mm1 = instance(Mm)
mm2 = instance(Mm)
av1 = instance(AnonVma)
k = instance(Page)
n = instance(StableNode)
r1 = instance(RmapItem)
r2 = instance(RmapItem)
slot1 = instance(MmSlot)
slot2 = instance(MmSlot)
watch = instance(RmapWatch)


@setup
def shared() -> None:
    """mm1 maps a KSM page, mm2 has unmapped it; ksmd has come to mm2."""
    ksm_init()
    start_registered(mm1, av1, slot1)
    start_registered(mm2, av1, slot2)
    forget_mappings()
    make_ksm_page(k, n, 1)
    map_ksm_page(mm1, slot1, r1, n)
    map_ksm_page(mm2, slot2, r2, n)
    unmap_ksm_page(mm2, r2)
    cursor_at(slot2)


@actor
def G() -> None:
    """Moves the page: takes its frame out of the system, or just wants it elsewhere."""
    if choose(False, True):
        offline_pages(k)
    else:
        migrate_pages(k, False)


@actor(daemon=True)
def ksmd() -> None:
    """The scanner."""
    ksm_scan_thread()


@actor(daemon=True)
def R() -> None:
    """Reclaim."""
    for _ in range(reclaim):
        shrink_inactive_list(False)


scenario(
    question="Can ksmd free the node of a KSM page that moves, or change its list unlocked?",
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
        p10_no_way_to_write,
        p10_content_stays,
        p11_item_pins_anon_vma,
        p12_rmap_complete,
        p13_nobody_walks,
        p14_keyhole_sound,
        p17_item_has_node,
        p17_counters,
        p18_cursor_live,
        p18_hashed_is_listed,
        p21_entries_resolved,
        p26_dirty_is_marked,
        p26_dropped_clean,
    ],
    expected=[
        Expect(verdict="holds"),
        Expect(
            without=["ksm-migration-offline-only"],
            verdict="violated",
            property="p1_node_outlives_page",
        ),
        Expect(without=["ktm-over-offline"], verdict="violated", property="p1_node_outlives_page"),
        Expect(
            without=["ksm-rmap-walk", "ksm-migration-offline-only", "ktm-over-offline"],
            verdict="violated",
            property="p21_entries_resolved",
        ),
        Expect(kernel="v3.9", verdict="holds"),
        Expect(
            kernel="v3.9",
            without=["recheck-kpfn"],
            verdict="violated",
            property="p1_node_outlives_page",
        ),
        Expect(
            kernel="v3.9",
            without=["spin-on-frozen"],
            verdict="violated",
            property="p1_node_outlives_page",
        ),
        Expect(
            kernel="v3.9",
            without=["get-ksm-page-locked"],
            verdict="violated",
            property="p13_nobody_walks",
        ),
    ],
)
