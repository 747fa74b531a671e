"""A device gets a page to write to while ksmd looks whether anybody holds the page.

Kernel: v2.6.33. Guards: clear-before-count, count-references, in the kernel with 31dbd01f3143.
    KSM.md entry 6.
Source: mm/ksm.c (write_protect_page, replace_page), arch/x86/mm/gup.c (get_user_pages_fast).
Question: can a page become a KSM page, or give its place to one, while somebody is to write to it?
Keeps: mm1 with a page of its own, which ksmd merges; D, a thread of mm1 that takes the page for
    direct I/O, whose device then stores 2; F, another thread of mm1, on a CPU of its own, which
    stores 3 and may remember the translation. `upgrade` = 0: the page is replaced by a KSM page of
    mm2; 1: it becomes a KSM page, and replaces mm2's.
Abstracts: see models/kernel/tlb.py, gup.py, ksm_merge.py.
Not covered: secondary MMUs; forks.
Result: v2.6.33 holds, for replacement (38,377 states) and upgrade (119,307). Replacement without
    clear-before-count violated after 47 steps (p29: mm1 gets a pte to mm2's content in place of
    what the device stored), without count-references after 45, the same. Upgrade without
    clear-before-count violated after 30 steps, without count-references after 28 (p10: the page is
    a KSM page while the device is to write to it; with --all p3, too: mm2 reads what it stored).
Story: the one that the comment in write_protect_page tells: get_user_pages_fast loads the writable
    pte after the counts were compared, or before, and takes its reference after it.
"""

from __future__ import annotations

from ksmcheck.lang import Expect, actor, instance, mutex_lock, parameter, scenario, setup
from models.kernel.gup import dma_to_page, get_user_pages_fast, user_write_on
from models.kernel.ksm_cmp import merge_two_pages, merge_with_stable
from models.kernel.ksm_lists import MmSlot, ksm_init, ksm_thread_mutex
from models.kernel.ksm_start import (
    forget_mappings,
    make_ksm_page,
    map_anon_page,
    map_ksm_page,
    start_item,
    start_registered,
)
from models.kernel.memory import follow_page
from models.kernel.objects import AnonVma, Mm, Page, RmapItem, StableNode, SwapSlot
from models.kernel.page import put_page
from models.kernel.patches import PATCHES
from models.kernel.tlb import Cpu
from properties.functional import p3_ksm_invisible, p29_isolation
from properties.immutable import p10_content_stays, p10_no_way_to_write
from properties.ksm import (
    p1_node_outlives_page,
    p2_no_downgrade,
    p17_item_has_node,
)
from properties.refcounts import p5_refcount_covers, p6_mapcount_exact
from properties.sharing import p9_writable_exclusive
from properties.tlb import p27_freed_is_forgotten, p27_protected_for_all
from properties.trees import p17_counters

upgrade = parameter(0, "1: the page becomes a KSM page, 0: gives way to one", at_least=0, at_most=1)

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
cpu_f = instance(Cpu)


@setup
def equal_pages() -> None:
    """mm1 has a page of its own; mm2 has the same content, in a KSM page or one of its own."""
    ksm_init()
    start_registered(mm1, av1, slot1)
    start_registered(mm2, av2, slot2)
    forget_mappings()
    map_anon_page(mm1, p, 1)
    start_item(r1, mm1)
    if upgrade == 1:
        map_anon_page(mm2, q, 1)
        start_item(r2, mm2)
    else:
        make_ksm_page(q, n, 1)
        map_ksm_page(mm2, slot2, r2, n)
    cpu_d.mm = mm1
    cpu_f.mm = mm1


@actor
def ksmd() -> None:
    """Merges mm1's page."""
    with mutex_lock(ksm_thread_mutex):
        page = follow_page(mm1, 0)
        if page is None:
            return
        if upgrade == 0:
            merge_with_stable(page, r1)
        else:
            tree_page = follow_page(mm2, 0)
            if tree_page is not None:
                merge_two_pages(r1, page, r2, tree_page)
        put_page(page)


@actor
def D() -> None:
    """Direct I/O of mm1: the device stores 2."""
    page = get_user_pages_fast(cpu_d, mm1, 0)
    if page is not None:
        dma_to_page(page, mm1, 0, 2)


@actor
def F() -> None:
    """A thread of mm1: stores 3."""
    user_write_on(cpu_f, mm1, 0, 3)


scenario(
    question="Can a page become a KSM page, or give way to one, while somebody is to write to it?",
    kernel="v2.6.33",
    patches=PATCHES,
    config=["CONFIG_KSM"],
    pools={Page: 3, StableNode: 1 + upgrade, SwapSlot: 1},
    properties=[
        p1_node_outlives_page,
        p2_no_downgrade,
        p3_ksm_invisible,
        p5_refcount_covers,
        p6_mapcount_exact,
        p9_writable_exclusive,
        p10_content_stays,
        p10_no_way_to_write,
        p17_item_has_node,
        p17_counters,
        p27_freed_is_forgotten,
        p27_protected_for_all,
        p29_isolation,
    ],
    expected=[
        Expect(verdict="holds"),
        Expect(set={"upgrade": 1}, verdict="holds"),
        Expect(without=["clear-before-count"], verdict="violated", property="p29_isolation"),
        Expect(without=["count-references"], verdict="violated", property="p29_isolation"),
        Expect(
            without=["clear-before-count"],
            set={"upgrade": 1},
            verdict="violated",
            property="p10_no_way_to_write",
        ),
        Expect(
            without=["count-references"],
            set={"upgrade": 1},
            verdict="violated",
            property="p10_no_way_to_write",
        ),
    ],
)
