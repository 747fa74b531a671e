"""All five actors at once: ksmd, a faulting thread, reclaim, migration, exit and fork.

Kernel: v3.9, whose guards close what the smaller scenarios show; what they leave open (KSM.md
    entries 22 and 23) is about walks that miss a pte, which is not asked here.
Source: all of models/kernel/.
Question: does what the small scenarios show one by one hold for all actors together?
Keeps: mm1 and mm2 with equal pages of two anon_vmas, both registered; ksmd, which never stops; F,
    a thread of mm1 that stores; R, reclaim with writing; G, which moves any page; Y, which lets mm2
    exit and forks mm1 into a new mm of that name once the old one's last reference has gone.
Abstracts: see the routines. Each actor can be switched off, and its number of rounds be bounded.
Not covered: madvise, run=2, swapoff, get_user_pages, memcg and mlock: scenarios of their own.
Result: no violation. All five actors, ksmd without end, are too many interleavings to exhaust: ksmd
    alone has 417 states, and (with --reduce heap) a store, exit and fork, reclaim or migration
    beside it multiply them by 73, 203, 363 and 906. Each of the four alone beside ksmd without end
    is exhausted, and a store together with exit and fork: 4,716,467 states. So are, without
    reductions, three pages of ksmd with exit and fork and reclaim (3,733,385 states) or migration
    (8,227,496). Of all five actors all runs with at most one preemption are exhausted
    (--preemptions 1: 24,928,432 states, depth 1043, every witness reached), at v2.6.33 as well
    (21,462,048), and nothing is violated there either. A guard less is found where one actor is
    beside ksmd without end: exit-waits-for-ksmd after 1,412 states, anon-vma-ref after 12,423,
    anon-vma-ref-under-mmap-sem after 9,737, anon-vma-unlink-counts after 12,262 and
    anon-vma-drop-locked after 22,870, all with exit and fork; ksm-rmap-walk after 47,527 and
    recheck-kpfn after 103,083 with migration. Without one of get-ksm-page-locked,
    ksm-migrate-invalidates-old, anon-vma-ref-migration and migration-locks-anon-vma the same world
    shows nothing, nor does without keyhole-recheck that of exit and fork, nor without
    page-lock-hlist or spin-on-frozen that of reclaim.
"""

from __future__ import annotations

from ksmcheck.lang import (
    Expect,
    actor,
    alloc,
    choose,
    instance,
    parameter,
    pool,
    routine,
    scenario,
    setup,
    wait_until,
)
from models.kernel.fork import fork
from models.kernel.ksm_lists import MmSlot, ksm_init, ksm_scan
from models.kernel.ksm_scan import ksm_scan_thread
from models.kernel.ksm_slots import mmput
from models.kernel.ksm_start import (
    cursor_at,
    forget_mappings,
    map_anon_page,
    seen_once,
    start_registered,
)
from models.kernel.ksm_trees import unstable_tree_link
from models.kernel.memory import user_write
from models.kernel.migrate import migrate_pages
from models.kernel.objects import AnonVma, Mm, Page, RmapItem, StableNode, SwapSlot, Tree
from models.kernel.patches import PATCHES
from models.kernel.vmscan import shrink_inactive_list
from properties.exit import p19_no_touch_after_exit
from properties.functional import p3_ksm_invisible
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
from properties.sharing import p9_writable_exclusive
from properties.slots import p18_cursor_live, p18_hashed_is_listed, p18_slot_pins_mm

scans = parameter(0, "pages that ksmd takes up; 0: it never stops", at_least=0, at_most=15)
stores = parameter(1, "stores of mm1's thread", at_least=0, at_most=3)
reclaims = parameter(1, "pages that reclaim tries", at_least=0, at_most=3)
moves = parameter(1, "pages that migration tries", at_least=0, at_most=3)
exits = parameter(1, "1: mm2 exits and mm1 forks", at_least=0, at_most=1)
mms = parameter(2, "processes that are registered; the third only lives", at_least=2, at_most=3)
pages = parameter(3, "page frames; one more than processes", at_least=3, at_most=5)
slots = parameter(1, "swap slots", at_least=1, at_most=2)

mm1 = instance(Mm)
mm2 = instance(Mm)


@routine
def start_with_page(mm: Mm) -> MmSlot:
    """A registered process has stored something, and ksmd has come by once."""
    anon_vma = alloc(AnonVma)
    page = alloc(Page)
    rmap_item = alloc(RmapItem)
    mm_slot = alloc(MmSlot)
    assert anon_vma is not None and page is not None, "the pools are too small"  # noqa: PT018
    assert rmap_item is not None and mm_slot is not None, "the pools are too small"  # noqa: PT018
    start_registered(mm, anon_vma, mm_slot)
    map_anon_page(mm, page, 1)
    page.lru = True
    seen_once(mm, mm_slot, rmap_item)
    return mm_slot


@setup
def equal_pages() -> None:
    """mm1 and mm2 have stored the same. ksmd has been to mm2 and comes to mm1."""
    ksm_init()
    forget_mappings()
    if mms == 3:
        mm3 = alloc(Mm)
        assert mm3 is not None, "the pools are too small"
        start_with_page(mm3)
    earlier = start_with_page(mm2)
    later = start_with_page(mm1)
    seen = earlier.rmap_list
    assert seen is not None, "ksmd has come by"
    seen.tree = Tree.UNSTABLE
    seen.seqnr = ksm_scan.seqnr
    unstable_tree_link(seen, 0)
    cursor_at(later)


@actor(daemon=True)
def ksmd() -> None:
    """The scanner."""
    if scans == 0:
        while True:
            ksm_scan_thread(1)
    for _ in range(scans):
        ksm_scan_thread(1)


@actor
def F() -> None:
    """A thread of mm1 stores something else, and the same again."""
    for store in range(stores):
        user_write(mm1, 0, 2 - store % 2)


@actor(daemon=True)
def R() -> None:
    """Reclaim."""
    for _ in range(reclaims):
        shrink_inactive_list(True)


@actor(daemon=True)
def G() -> None:
    """Migration moves pages."""
    for _ in range(moves):
        migrate_pages(choose(pool(Page)), False)


@actor(daemon=True)
def Y() -> None:
    """The last thread of mm2 exits; the one of mm1 forks."""
    if exits == 1:
        mmput(mm2)
        wait_until(mm2.mm_count == 0)
        fork(mm1, mm2)


scenario(
    question="Does what the small scenarios show one by one hold for all actors together?",
    kernel="v3.9",
    patches=PATCHES,
    config=["CONFIG_KSM"],
    pools={
        Mm: mms,
        AnonVma: mms,
        Page: pages,
        RmapItem: mms,
        StableNode: 1,
        MmSlot: mms + 2,
        SwapSlot: slots,
    },
    properties=[
        p1_node_outlives_page,
        p2_no_downgrade,
        p3_ksm_invisible,
        p5_refcount_covers,
        p6_mapcount_exact,
        p7_swapcount_exact,
        p9_writable_exclusive,
        p11_item_pins_anon_vma,
        p13_nobody_walks,
        p14_keyhole_sound,
        p17_item_has_node,
        p18_cursor_live,
        p18_hashed_is_listed,
        p18_slot_pins_mm,
        p19_no_touch_after_exit,
        p21_entries_resolved,
    ],
    expected=[
        Expect(set={"scans": 3, "stores": 0, "reclaims": 0}, verdict="holds"),
        Expect(
            set={"stores": 0, "reclaims": 0, "moves": 0},
            without=["exit-waits-for-ksmd"],
            verdict="violated",
            property="p19_no_touch_after_exit",
        ),
        Expect(
            set={"stores": 0, "reclaims": 0, "moves": 0},
            without=["anon-vma-ref"],
            verdict="violated",
            property="p11_item_pins_anon_vma",
        ),
        Expect(
            set={"stores": 0, "reclaims": 0, "moves": 0},
            without=["anon-vma-ref-under-mmap-sem"],
            verdict="violated",
            property="use-after-free",
        ),
        Expect(
            set={"stores": 0, "reclaims": 0, "moves": 0},
            without=["anon-vma-unlink-counts"],
            verdict="violated",
            property="p11_item_pins_anon_vma",
        ),
        Expect(
            set={"stores": 0, "reclaims": 0, "moves": 0},
            without=["anon-vma-drop-locked"],
            verdict="violated",
            property="lock-use",
        ),
        Expect(
            set={"stores": 0, "reclaims": 0, "exits": 0},
            without=["ksm-rmap-walk"],
            verdict="violated",
            property="p21_entries_resolved",
        ),
        Expect(
            set={"stores": 0, "reclaims": 0, "exits": 0},
            without=["recheck-kpfn"],
            verdict="violated",
            property="p1_node_outlives_page",
        ),
    ],
)
