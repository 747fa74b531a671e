"""A page that a device is to write to is swapped out, read in for reading, and merged.

Kernel: v2.6.33, v2.6.36. No guard: count-references is there and is not asked. KSM.md entry 6 and
    C.9, question 2.
Source: mm/ksm.c (write_protect_page), arch/x86/mm/gup.c, mm/memory.c (do_swap_page), mm/vmscan.c.
Question: are the counts compared in every case in which write_protect_page reports success?
Keeps: mm1 with a page of its own; D, a thread of mm1 that takes it for direct I/O, whose device
    then stores 2; R, which tries to reclaim it and can only unmap it, for D has a reference; F,
    another thread of mm1, which loads; ksmd, which merges the page with a KSM page of mm2.
Abstracts: see models/kernel/tlb.py, gup.py, ksm_merge.py. Only D's CPU is modelled.
Not covered: forks, after which the ptes are read-only, too.
Result: no. Violated in v2.6.33 after 86 steps, in v2.6.36 after 88, in v3.9 after 96 (p3): the pte
    that F's load brings back is read-only and clean, so the branch that compares the counts is not
    taken; mm1's pte becomes the KSM page's, and the device stores into a page that nobody maps.
    count-references and clear-before-count change nothing.
Story: none known; it follows from the code. Since v5.19 (6c287605fd56, PG_anon_exclusive) a page
    that is pinned for writing is marked and the counts are compared for a read-only pte, too: that
    is from reading, and not modelled.
"""

from __future__ import annotations

from ksmcheck.lang import Expect, actor, instance, mutex_lock, scenario, setup
from models.kernel.gup import dma_to_page, get_user_pages_fast
from models.kernel.ksm_cmp import merge_with_stable
from models.kernel.ksm_lists import MmSlot, ksm_init, ksm_thread_mutex
from models.kernel.ksm_start import (
    forget_mappings,
    make_ksm_page,
    map_anon_page,
    map_ksm_page,
    start_item,
    start_registered,
)
from models.kernel.memory import follow_page, user_read
from models.kernel.objects import AnonVma, Mm, Page, RmapItem, StableNode, SwapSlot
from models.kernel.page import put_page
from models.kernel.patches import PATCHES
from models.kernel.rmap_watch import RmapWatch
from models.kernel.tlb import Cpu
from models.kernel.vmscan import shrink_inactive_list
from properties.functional import p3_ksm_invisible
from properties.immutable import p10_content_stays, p10_no_way_to_write
from properties.ksm import p1_node_outlives_page, p2_no_downgrade
from properties.refcounts import p5_refcount_covers, p6_mapcount_exact
from properties.rmap import p12_rmap_complete
from properties.sharing import p9_writable_exclusive

mm1 = instance(Mm)
mm2 = instance(Mm)
av1 = instance(AnonVma)
av2 = instance(AnonVma)
p = instance(Page)
q = instance(Page)
n = instance(StableNode)
r1 = instance(RmapItem)
r2 = instance(RmapItem)
slot1 = instance(MmSlot)
slot2 = instance(MmSlot)
cpu_d = instance(Cpu)
watch = instance(RmapWatch)


@setup
def equal_pages() -> None:
    """mm1 has a page of its own; mm2 has the same content in a KSM page."""
    ksm_init()
    start_registered(mm1, av1, slot1)
    start_registered(mm2, av2, slot2)
    forget_mappings()
    map_anon_page(mm1, p, 1)
    p.lru = True
    start_item(r1, mm1)
    make_ksm_page(q, n, 1)
    map_ksm_page(mm2, slot2, r2, n)
    cpu_d.mm = mm1


@actor
def ksmd() -> None:
    """Merges mm1's page."""
    with mutex_lock(ksm_thread_mutex):
        page = follow_page(mm1, 0)
        if page is None:
            return
        merge_with_stable(page, r1)
        put_page(page)


@actor
def D() -> None:
    """Direct I/O of mm1: the device stores 2."""
    page = get_user_pages_fast(cpu_d, mm1, 0)
    if page is not None:
        dma_to_page(page, mm1, 0, 2)


@actor
def F() -> None:
    """A thread of mm1: loads."""
    user_read(mm1, 0)


@actor(daemon=True)
def R() -> None:
    """Reclaim."""
    shrink_inactive_list(False)


scenario(
    question="Are the counts compared in every case in which write_protect_page reports success?",
    kernel="v2.6.33",
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
        p10_content_stays,
        p10_no_way_to_write,
        p12_rmap_complete,
    ],
    expected=[
        Expect(verdict="violated", property="p3_ksm_invisible"),
        Expect(kernel="v2.6.36", verdict="violated", property="p3_ksm_invisible"),
        Expect(kernel="v3.9", verdict="violated", property="p3_ksm_invisible"),
    ],
)
