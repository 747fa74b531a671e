"""A fault copies an ex-KSM page while its slot is freed and given to the same address again.

Kernel: v2.6.35; fixed in v2.6.36 by 4969c1192d15 (swapin-copy-locked is that part of it). KSM.md
    entry 27.
Source: mm/memory.c (do_swap_page), mm/ksm.c (ksm_does_need_to_copy), mm/swapfile.c, mm/vmscan.c.
Question: can a fault map the copy of a page whose slot has been given to a newer page?
Keeps: mm1 with the threads A and B, mm2 with the thread C, of different families. One page of mm2's
    is in the swap cache, and mm1's pte holds its slot: once they shared a KSM page. A loads, B
    stores 2, C stores 3; R tries to reclaim one page.
Abstracts: see models/kernel/. Reclaim does not write; a copy is made at one moment.
Not covered: a second slot; copies torn by C's store.
Result: v2.6.35 violated after 92 steps (p3). Without swapin-copy-locked violated after 95, the same
    way; without swapin-recheck after 93, in entry 26's way: A waits for the lock, and the page has
    left the cache before it is copied. Both: holds (1,591,592 states; pages=4: 3,389,406).
Story: the commit's. One slot is enough: mm2's store takes the page out of the cache and frees the
    slot, and reclaim gives it to B's page.
"""

from __future__ import annotations

from ksmcheck.lang import Expect, actor, instance, parameter, scenario, setup
from models.kernel.ksm_start import cache_swapped_page, forget_mappings, map_vma, start_mm
from models.kernel.memory import user_read, user_write
from models.kernel.objects import (
    AnonVma,
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
from properties.refcounts import (
    p5_refcount_covers,
    p6_mapcount_exact,
    p7_swapcount_exact,
)
from properties.rmap import p12_pte_is_where_page_says
from properties.sharing import p9_writable_exclusive
from properties.swapcache import p8_swapcache_bijection

pages = parameter(3, "page frames", at_least=3, at_most=4)

mm1 = instance(Mm)
mm2 = instance(Mm)
av1 = instance(AnonVma)
av2 = instance(AnonVma)
s1 = instance(SwapSlot)
p = instance(Page)


@setup
def swapped_out() -> None:
    """mm2 has the page back from s1, which mm1 still holds."""
    start_mm(mm1)
    start_mm(mm2)
    forget_mappings()
    map_vma(mm1, av1)
    map_vma(mm2, av2)
    cache_swapped_page(mm2, p, s1, 1)
    mm1.table[0] = Swapped(s1)
    mm1.shadow[0] = 1
    s1.count = 2


@actor
def A() -> None:
    """Thread of mm1: loads."""
    user_read(mm1, 0)


@actor
def B() -> None:
    """Thread of mm1: stores 2."""
    user_write(mm1, 0, 2)


@actor
def C() -> None:
    """The only thread of mm2: stores 3."""
    user_write(mm2, 0, 3)


@actor(daemon=True)
def R() -> None:
    """Reclaim."""
    shrink_inactive_list(False)


scenario(
    question="Can a fault map the copy of a page whose slot has been given to a newer page?",
    kernel="v2.6.35",
    patches=PATCHES,
    config=["CONFIG_KSM"],
    pools={Page: pages, RmapItem: 1, StableNode: 1},
    properties=[
        p3_ksm_invisible,
        p5_refcount_covers,
        p6_mapcount_exact,
        p7_swapcount_exact,
        p8_swapcache_bijection,
        p9_writable_exclusive,
        p12_pte_is_where_page_says,
    ],
    expected=[
        Expect(verdict="violated", property="p3_ksm_invisible"),
        Expect(patches=["swapin-recheck"], verdict="violated", property="p3_ksm_invisible"),
        Expect(patches=["swapin-copy-locked"], verdict="violated", property="p3_ksm_invisible"),
        Expect(patches=["swapin-recheck", "swapin-copy-locked"], verdict="holds"),
    ],
)
