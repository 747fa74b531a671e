"""ksmd finds a KSM page for one more mm while the page is moved to another frame.

Kernel: v3.9, in which everybody may move KSM pages. Guards: recheck-kpfn, spin-on-frozen,
    lock-at-match, all of them in c8d6553b9580. KSM.md entries 36a, 36b, 36c.
Source: mm/ksm.c (get_ksm_page, stable_tree_search, cmp_and_merge_page, ksm_migrate_page),
    mm/migrate.c (unmap_and_move and below).
Question: can get_ksm_page free the node of a page that moves, or return the frame it left?
Keeps: mm1, which maps a KSM page, in the swap cache or not; mm2 with an equal page of its own,
    which ksmd has in hand and merges; G, which moves the KSM page to the other frame.
    Contents are unknowns (symbols), so this is for all of them.
Abstracts: see models/kernel/migrate.py, ksm_nodes.py, ksm_cmp.py. The accesses to kpfn and
    page->mapping are in program order: the barriers of c8d6553b9580 are not asked (KSM.md 37).
Not covered: trees per NUMA node and migrate_nodes (v3.9): nobody looks at nid.
Result: v3.9 holds (12,471 states).
    36a, without recheck-kpfn: violated after 59 steps (p1): ksmd reads the old frame before G
    changes kpfn, and its mapping after that.
    36b, without spin-on-frozen: after 56 (p1): the swap cache page's count is frozen when ksmd
    wants a reference.
    36c, without lock-at-match: after 114 (assertion): ksmd's reference comes after G's look at the
    count; the old frame, mapped into mm2 by then, has no node to list mm2's item under.
    All three are the commit's own accounts. Neither get-ksm-page-locked nor
    ksm-migrate-invalidates-old is needed here: the first guards the list (migration_switches_lock),
    the second the order of two stores, which needs no guard without weak memory.
"""

from __future__ import annotations

from ksmcheck.lang import (
    Expect,
    actor,
    choose,
    fresh,
    instance,
    mutex_lock,
    scenario,
    setup,
)
from models.kernel.ksm_cmp import cmp_and_merge_page
from models.kernel.ksm_lists import MmSlot, ksm_init, ksm_thread_mutex
from models.kernel.ksm_start import (
    forget_mappings,
    make_ksm_page,
    map_anon_page,
    map_ksm_page,
    map_vma,
    start_item,
    start_mm,
    start_registered,
    swap_out,
)
from models.kernel.memory import follow_page
from models.kernel.migrate import migrate_pages
from models.kernel.objects import (
    AnonVma,
    Checksum,
    Content,
    Mm,
    Page,
    RmapItem,
    StableNode,
    SwapSlot,
)
from models.kernel.page import put_page
from models.kernel.patches import PATCHES
from models.kernel.rmap_watch import RmapWatch
from properties.functional import p3_ksm_invisible
from properties.ksm import (
    p1_node_outlives_page,
    p2_no_downgrade,
    p13_nobody_walks,
    p14_keyhole_sound,
    p17_item_has_node,
)
from properties.migration import p21_entries_resolved
from properties.refcounts import p5_refcount_covers, p6_mapcount_exact
from properties.rmap import p12_rmap_complete

mm1 = instance(Mm)
mm2 = instance(Mm)
av1 = instance(AnonVma)
av2 = instance(AnonVma)
s1 = instance(SwapSlot)
p = instance(Page)
k = instance(Page)
n = instance(StableNode)
r1 = instance(RmapItem)
r2 = instance(RmapItem)
slot1 = instance(MmSlot)
watch = instance(RmapWatch)


@setup
def equal_pages() -> None:
    """mm1 maps a KSM page, mm2 an ordinary one with the same content."""
    same = fresh(Content)
    ksm_init()
    start_registered(mm1, av1, slot1)
    start_mm(mm2)
    forget_mappings()
    map_vma(mm2, av2)
    mm2.vma_mergeable = True
    map_anon_page(mm2, p, same)
    start_item(r2, mm2)
    make_ksm_page(k, n, same)
    map_ksm_page(mm1, slot1, r1, n)
    if choose(False, True):
        swap_out(n, s1)


@actor
def ksmd() -> None:
    """Scans mm2's page."""
    with mutex_lock(ksm_thread_mutex):
        page = follow_page(mm2, 0)
        if page is not None:
            cmp_and_merge_page(page, r2)
            put_page(page)


@actor
def G() -> None:
    """Moves the KSM page."""
    migrate_pages(k, False)


scenario(
    question="Can get_ksm_page free the node of a page that moves, or return the frame it left?",
    kernel="v3.9",
    patches=PATCHES,
    config=["CONFIG_KSM"],
    pools={Page: 3},
    symbols={Content: 6, Checksum: 4},
    properties=[
        p1_node_outlives_page,
        p2_no_downgrade,
        p3_ksm_invisible,
        p5_refcount_covers,
        p6_mapcount_exact,
        p12_rmap_complete,
        p13_nobody_walks,
        p14_keyhole_sound,
        p17_item_has_node,
        p21_entries_resolved,
    ],
    expected=[
        Expect(verdict="holds"),
        Expect(without=["recheck-kpfn"], verdict="violated", property="p1_node_outlives_page"),
        Expect(without=["spin-on-frozen"], verdict="violated", property="p1_node_outlives_page"),
        Expect(without=["lock-at-match"], verdict="violated", property="assertion"),
    ],
)
