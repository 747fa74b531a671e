"""A swap-in maps the copy of an ex-KSM page: is anybody charged for it?

Kernel: v2.6.33. Guard: charge-copy, 407f9c8b0889 of the same release. KSM.md entry 17.
Source: mm/memory.c (do_swap_page), mm/memcontrol.c (mem_cgroup_try_charge_swapin), mm/ksm.c
    (ksm_does_need_to_copy).
Question: can a page be mapped that is charged to no memory control group?
Keeps: mm1 and mm2 of different families and groups; a page of mm2's that is in the swap cache and
    whose slot mm1 holds, too: once they shared a KSM page; F1, the thread of mm1, which loads or
    stores 2 and then lets the place go; F2, the thread of mm2, which loads or
    stores 3; R, which reclaims. `second` = 1: G1, another thread of mm1, loads, and R does nothing.
Abstracts: see models/kernel/memcontrol.py.
Not covered: limits, reclaim on behalf of a group.
Result: v2.6.33 holds (434,434 states; second=1: 322,677). Without charge-copy violated
    after 24 steps (p22).
Story: the commit's, and no race: F1 alone is enough. KSM.md tells that the later uncharge is
    unbalanced; it is not, for it looks whether the page is charged: with --all p22's other two
    properties hold. The page is free of charge, no more.
"""

from __future__ import annotations

from ksmcheck.lang import Expect, actor, choose, instance, parameter, scenario, setup
from models.kernel.exit import madvise_dontneed
from models.kernel.ksm_start import cache_swapped_page, forget_mappings, map_vma, start_mm
from models.kernel.memory import user_read, user_write
from models.kernel.objects import (
    AnonVma,
    MemCgroup,
    Mm,
    Page,
    RmapItem,
    StableNode,
    Swapped,
    SwapSlot,
)
from models.kernel.patches import PATCHES
from models.kernel.vmscan import shrink_inactive_list
from properties.functional import p3_ksm_invisible
from properties.memcg import p22_free_is_uncharged, p22_mapped_is_charged, p22_usage_exact
from properties.refcounts import p5_refcount_covers, p6_mapcount_exact, p7_swapcount_exact
from properties.rmap import p12_pte_is_where_page_says
from properties.sharing import p9_writable_exclusive

second = parameter(0, "1: another thread, but no reclaim", at_least=0, at_most=1)

mm1 = instance(Mm)
mm2 = instance(Mm)
av1 = instance(AnonVma)
av2 = instance(AnonVma)
s1 = instance(SwapSlot)
p = instance(Page)
g1 = instance(MemCgroup)
g2 = instance(MemCgroup)


@setup
def swapped_out() -> None:
    """Both ptes hold s1, whose page is mm2's and charged to its group."""
    start_mm(mm1)
    start_mm(mm2)
    forget_mappings()
    map_vma(mm1, av1)
    map_vma(mm2, av2)
    mm1.cgroup = g1
    mm2.cgroup = g2
    cache_swapped_page(mm2, p, s1, 1)
    p.cgroup = g2
    g2.usage = 1
    mm1.table[0] = Swapped(s1)
    mm1.shadow[0] = 1
    s1.count = 2


@actor
def F1() -> None:
    """The thread of mm1: loads or stores 2, and lets the place go."""
    if choose(False, True):
        user_write(mm1, 0, 2)
    else:
        user_read(mm1, 0)
    madvise_dontneed(mm1)


@actor
def G1() -> None:
    """Another thread of mm1: loads."""
    if second == 1:
        user_read(mm1, 0)


@actor
def F2() -> None:
    """The thread of mm2: loads or stores 3."""
    if choose(False, True):
        user_write(mm2, 0, 3)
    else:
        user_read(mm2, 0)


@actor(daemon=True)
def R() -> None:
    """Reclaim, which writes and frees."""
    if second == 0:
        shrink_inactive_list(True)


scenario(
    question="Can a page be mapped that is charged to no memory control group?",
    kernel="v2.6.33",
    patches=PATCHES,
    config=["CONFIG_KSM", "CONFIG_CGROUP_MEM_RES_CTLR"],
    pools={Page: 3, RmapItem: 1, StableNode: 1},
    properties=[
        p3_ksm_invisible,
        p5_refcount_covers,
        p6_mapcount_exact,
        p7_swapcount_exact,
        p9_writable_exclusive,
        p12_pte_is_where_page_says,
        p22_free_is_uncharged,
        p22_mapped_is_charged,
        p22_usage_exact,
    ],
    expected=[
        Expect(verdict="holds"),
        Expect(set={"second": 1}, verdict="holds"),
        Expect(without=["charge-copy"], verdict="violated", property="p22_mapped_is_charged"),
    ],
)
