"""swapoff waits for the lock of a page that leaves its slot and comes back under another one.

Kernel: v2.6.33. Guard: swapoff-own-entry, 68bdc8d64742 of v2.6.29. KSM.md entry 1.
Source: mm/swapfile.c (try_to_unuse), mm/memory.c (do_swap_page), mm/vmscan.c, mm/swap_state.c.
Question: can swapoff take a page out of the swap cache that is there under somebody else's slot?
Keeps: mm1 with one page, on disk only, under s1; W, which takes s1 away for good; F, a thread of
    mm1, which stores 1; R, which tries to reclaim and finds s2 free.
Abstracts: see models/kernel/swapoff.py. Reclaim does not write: what it takes stays dirty.
Not covered: more than one mm (swapoff_exksm), exit.
Result: v2.6.33 holds (44,101 states; reclaim_writes=1: 87,033; pages=3: 123,579). Without
    swapoff-own-entry violated after 59 steps (p3 and p26: the page leaves s2, to which it has not
    been written, while mm1's pte holds s2).
Story: the commit's. F's store makes the page leave s1, not try_to_free_swap: what the entry tells
    needs swap that is nearly full, this does not.
"""

from __future__ import annotations

from ksmcheck.lang import Expect, actor, instance, parameter, refcount_set, scenario, setup
from models.kernel.memory import user_write
from models.kernel.objects import NEVER_WRITTEN, AnonVma, Mm, Page, Swapped, SwapSlot
from models.kernel.patches import PATCHES
from models.kernel.swapoff import try_to_unuse
from models.kernel.vmscan import shrink_inactive_list
from properties.dirty import p26_dirty_is_marked, p26_dropped_clean
from properties.functional import p3_ksm_invisible
from properties.refcounts import (
    p5_refcount_covers,
    p5_refcount_exact,
    p6_mapcount_exact,
    p7_swapcount_exact,
)
from properties.sharing import p9_writable_exclusive
from properties.swapcache import p8_no_lost_reservation, p8_swapcache_bijection

pages = parameter(2, "page frames", at_least=2, at_most=3)
reclaim_writes = parameter(0, "1: reclaim writes dirty pages and frees them", at_least=0, at_most=1)

mm1 = instance(Mm)
family = instance(AnonVma)
s1 = instance(SwapSlot)
s2 = instance(SwapSlot)


@setup
def swapped_out() -> None:
    """The pte holds s1, the content is on disk only, and s1's area is going off."""
    refcount_set(mm1.mm_users, 1)
    refcount_set(mm1.mm_count, 1)
    mm1.anon_vma = family
    s1.going_off = True
    s1.count = 1
    s2.disk = NEVER_WRITTEN
    mm1.table[0] = Swapped(s1)


@actor
def W() -> None:
    """swapoff."""
    try_to_unuse(s1)


@actor
def F() -> None:
    """A thread of mm1: stores 1."""
    user_write(mm1, 0, 1)


@actor(daemon=True)
def R() -> None:
    """Reclaim."""
    shrink_inactive_list(reclaim_writes == 1)


scenario(
    question="Can swapoff take a page out of the swap cache under another slot than its own?",
    kernel="v2.6.33",
    patches=PATCHES,
    pools={Page: pages},
    properties=[
        p3_ksm_invisible,
        p5_refcount_covers,
        p5_refcount_exact,
        p6_mapcount_exact,
        p7_swapcount_exact,
        p8_no_lost_reservation,
        p8_swapcache_bijection,
        p9_writable_exclusive,
        p26_dirty_is_marked,
        p26_dropped_clean,
    ],
    expected=[
        Expect(verdict="holds"),
        Expect(set={"reclaim_writes": 1}, verdict="holds"),
        Expect(without=["swapoff-own-entry"], verdict="violated", property="p3_ksm_invisible"),
    ],
)
