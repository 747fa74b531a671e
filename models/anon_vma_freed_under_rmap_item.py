"""An mm unmaps its part of a KSM page; its rmap_item still names the anon_vma.

Kernel: v2.6.33. Guards: anon-vma-ref, anon-vma-ref-under-mmap-sem, anon-vma-unlink-counts,
    anon-vma-drop-locked, all of them in db114b83ab6c. KSM.md entry 10.
Source: mm/ksm.c (cmp_and_merge_page, hold_anon_vma, drop_anon_vma, try_to_unmap_ksm,
    scan_get_next_rmap_item), mm/rmap.c (anon_vma_unlink), mm/mmap.c (munmap).
Question: can a walk from a KSM page come to an anon_vma that has been freed?
Keeps: mm2, which maps a KSM page; mm1 with an equal page of its own, next in line for ksmd, which
    merges it and goes on; X, the only thread of mm1, which unmaps the vma or exits; R, which tries
    to reclaim the KSM page.
    Contents are unknowns (symbols), so this is for all of them.
Abstracts: see models/kernel/anon_vma.py, ksm_merge.py, ksm_rmap.py. mm1's own page is on a
    pagevec, where reclaim does not find it.
Not covered: reuse of the anon_vma's memory: the first touch after the free is the error already.
Result: v2.6.33 holds (599,578 states). Without anon-vma-ref or anon-vma-unlink-counts violated
    after 105 steps (p11), without anon-vma-ref-under-mmap-sem after 97 (use after free in
    get_anon_vma), without anon-vma-drop-locked after 146 (the anon_vma is freed by ksmd while
    anon_vma_unlink of the exiting mm1 holds its lock).
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
from models.kernel.exit import munmap
from models.kernel.ksm_lists import MmSlot, ksm_init
from models.kernel.ksm_scan import ksm_scan_thread
from models.kernel.ksm_slots import mmput
from models.kernel.ksm_start import (
    forget_mappings,
    make_ksm_page,
    map_anon_page,
    map_ksm_page,
    start_registered,
)
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
from models.kernel.patches import PATCHES
from models.kernel.rmap_watch import RmapWatch
from models.kernel.vmscan import shrink_inactive_list
from properties.functional import p3_ksm_invisible
from properties.ksm import (
    p1_node_outlives_page,
    p2_no_downgrade,
    p11_item_pins_anon_vma,
    p13_nobody_walks,
    p14_keyhole_sound,
    p17_item_has_node,
)
from properties.refcounts import p5_refcount_covers, p6_mapcount_exact, p7_swapcount_exact
from properties.rmap import p12_rmap_complete
from properties.sharing import p9_writable_exclusive
from properties.slots import p18_cursor_live, p18_hashed_is_listed

scans = parameter(2, "pages that ksmd looks for", at_least=1, at_most=3)

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
watch = instance(RmapWatch)


@setup
def equal_pages() -> None:
    """mm2 maps a KSM page, mm1 an ordinary page with the same content."""
    same = fresh(Content)
    ksm_init()
    start_registered(mm1, av1, slot1)
    start_registered(mm2, av2, slot2)
    forget_mappings()
    map_anon_page(mm1, p, same)
    make_ksm_page(k, n, same)
    map_ksm_page(mm2, slot2, r2, n)


@actor
def X() -> None:
    """The only thread of mm1: unmaps its vma, or exits."""
    if choose(False, True):
        munmap(mm1)
    else:
        mmput(mm1)


@actor(daemon=True)
def ksmd() -> None:
    """The scanner."""
    for _ in range(scans):
        ksm_scan_thread()


@actor(daemon=True)
def R() -> None:
    """Reclaim tries the KSM page."""
    shrink_inactive_list(False)


scenario(
    question="Can a walk from a KSM page come to an anon_vma that has been freed?",
    kernel="v2.6.33",
    patches=PATCHES,
    config=["CONFIG_KSM"],
    pools={RmapItem: 2, SwapSlot: 1},
    symbols={Content: 6, Checksum: 4},
    properties=[
        p1_node_outlives_page,
        p2_no_downgrade,
        p3_ksm_invisible,
        p5_refcount_covers,
        p6_mapcount_exact,
        p7_swapcount_exact,
        p9_writable_exclusive,
        p11_item_pins_anon_vma,
        p12_rmap_complete,
        p13_nobody_walks,
        p14_keyhole_sound,
        p17_item_has_node,
        p18_cursor_live,
        p18_hashed_is_listed,
    ],
    expected=[
        Expect(verdict="holds"),
        Expect(without=["anon-vma-ref"], verdict="violated", property="p11_item_pins_anon_vma"),
        Expect(
            without=["anon-vma-ref-under-mmap-sem"], verdict="violated", property="use-after-free"
        ),
        Expect(
            without=["anon-vma-unlink-counts"],
            verdict="violated",
            property="p11_item_pins_anon_vma",
        ),
        Expect(without=["anon-vma-drop-locked"], verdict="violated", property="lock-use"),
    ],
)
