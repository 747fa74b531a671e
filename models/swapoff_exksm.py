"""swapoff of a slot that held a KSM page: two mms of different anon_vmas wait for one content.

Kernel: v2.6.33 and v3.9. No guard: the comment in try_to_unuse says that it works. KSM.md B.8, 35.
Source: mm/swapfile.c (try_to_unuse, unuse_vma, unuse_pte), mm/memory.c (do_swap_page), mm/ksm.c
    (ksm_might_need_to_copy).
Question: does swapoff restore all ptes of an ex-KSM page, each with a page that belongs there?
Keeps: mm1 and mm2 of different families, both ptes swapped out to s1, on disk only: the KSM page is
    gone; W, which takes s1 away; F, a thread of mm1 that loads or stores 2.
Abstracts: see models/kernel/swapoff.py.
Not covered: swapoff of a page that is still PageKsm (P24 during unmerge, KSM.md entry 35).
Result: v2.6.33 holds (115,361 states), v3.9 holds (112,529). In v2.6.33 the first pte that is
    restored gives the page its anon_vma; swapoff passes over the other mm, writes the page, takes
    it from the cache and reads the slot again for mm2. In v3.9 (swapoff-copies) mm2 gets a copy.
"""

from __future__ import annotations

from ksmcheck.lang import (
    Expect,
    actor,
    choose,
    end_property,
    instance,
    parameter,
    scenario,
    setup,
    witness,
)
from models.kernel.ksm_start import forget_mappings, map_vma, start_mm
from models.kernel.memory import user_read, user_write
from models.kernel.objects import AnonVma, Mm, Page, RmapItem, StableNode, Swapped, SwapSlot
from models.kernel.patches import PATCHES
from models.kernel.swapoff import try_to_unuse
from properties.dirty import p26_dropped_clean
from properties.functional import p3_ksm_invisible, p29_isolation
from properties.refcounts import (
    p5_refcount_covers,
    p6_mapcount_exact,
    p7_swapcount_exact,
)
from properties.rmap import p12_pte_is_where_page_says
from properties.sharing import p9_writable_exclusive
from properties.swapcache import p8_no_lost_reservation

pages = parameter(4, "page frames", at_least=3, at_most=5)

mm1 = instance(Mm)
mm2 = instance(Mm)
av1 = instance(AnonVma)
av2 = instance(AnonVma)
s1 = instance(SwapSlot)


@setup
def swapped_out() -> None:
    """Both ptes hold s1, the content is on disk only, and s1's area is going off."""
    start_mm(mm1)
    start_mm(mm2)
    forget_mappings()
    map_vma(mm1, av1)
    map_vma(mm2, av2)
    s1.going_off = True
    s1.count = 2
    s1.disk = 1
    mm1.table[0] = Swapped(s1)
    mm2.table[0] = Swapped(s1)
    mm1.shadow[0] = 1
    mm2.shadow[0] = 1


@actor
def W() -> None:
    """swapoff."""
    try_to_unuse(s1)


@actor
def F() -> None:
    """A thread of mm1: loads, or stores 2."""
    if choose(False, True):
        user_write(mm1, 0, 2)
    else:
        user_read(mm1, 0)


@end_property(source="mm/swapfile.c: sys_swapoff frees the swap map when try_to_unuse returns 0")
def slot_is_unused() -> bool:
    """When swapoff is done nothing needs the slot."""
    return s1.count == 0 and not s1.has_cache


@witness(slot_is_unused)
def both_restored() -> bool:
    """Both ptes have a page again."""
    return not isinstance(mm1.table[0], Swapped) and not isinstance(mm2.table[0], Swapped)


scenario(
    question="Does swapoff restore all ptes of an ex-KSM page, each with a page of its own?",
    kernel="v2.6.33",
    patches=PATCHES,
    config=["CONFIG_KSM"],
    pools={Page: pages, RmapItem: 1, StableNode: 1},
    properties=[
        p3_ksm_invisible,
        p5_refcount_covers,
        p6_mapcount_exact,
        p7_swapcount_exact,
        p8_no_lost_reservation,
        p9_writable_exclusive,
        p12_pte_is_where_page_says,
        p26_dropped_clean,
        p29_isolation,
        slot_is_unused,
    ],
    expected=[
        Expect(verdict="holds"),
        Expect(kernel="v3.9", verdict="holds"),
    ],
)
