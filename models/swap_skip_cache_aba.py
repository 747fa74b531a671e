"""Two threads read one slot past the swap cache; the slot is reused for what the faster one wrote.

Kernel: v6.7; fixed in v6.8 by 13ddaf26be32 (swap-skip-cache-prepare). KSM.md entry 61.
Source: mm/memory.c (do_swap_page, the branch for SWP_SYNCHRONOUS_IO), mm/swapfile.c, mm/vmscan.c.
Question: can a thread that read a slot past the swap cache map what it read, although the slot has
    been freed and now belongs to a newer page of the same address?
Keeps: one mm with the threads T0 and T1, one slot that only this mm's pte holds, whose content is
    on disk only; reclaim tries `reclaim_passes` pages. T1 stores; T0 loads or stores.
Abstracts: see models/kernel/swapin_bypass.py. The rest of a fault is v2.6.36's: v6.7 decides by
    other means whether a page is exclusive, but a page that came past the cache is so untested.
Not covered: swapoff, large folios, readahead, weak memory.
Result: v6.7 violated after 48 steps (p3_ksm_invisible); with swap-skip-cache-prepare holds (121,311
    states). All counts: models/README.md.
"""

from __future__ import annotations

from ksmcheck.lang import Expect, actor, choose, instance, parameter, scenario, setup
from models.kernel.memory import user_read, user_write
from models.kernel.objects import AnonVma, Mm, Page, Swapped, SwapSlot
from models.kernel.patches import PATCHES
from models.kernel.vmscan import shrink_inactive_list
from properties.functional import p3_ksm_invisible
from properties.refcounts import (
    p5_refcount_covers,
    p5_refcount_exact,
    p6_mapcount_exact,
    p7_swapcount_exact,
)
from properties.sharing import p9_writable_exclusive
from properties.swapcache import p8_no_lost_reservation, p8_swapcache_bijection

swap_slots = parameter(1, "slots of the swap area", at_least=1, at_most=2)
reclaim_passes = parameter(1, "pages that reclaim tries", at_least=1, at_most=3)
pages = parameter(2, "page frames", at_least=2, at_most=3)

mm1 = instance(Mm)
s1 = instance(SwapSlot)
family = instance(AnonVma)


@setup
def swapped_out() -> None:
    """The pte holds s1; the content is on disk only."""
    mm1.anon_vma = family
    s1.count = 1
    mm1.table[0] = Swapped(s1)


@actor
def T0() -> None:
    """Thread of mm1: loads, or stores 2."""
    if choose(False, True):
        user_write(mm1, 0, 2)
    else:
        user_read(mm1, 0)


@actor
def T1() -> None:
    """Thread of mm1: stores 1."""
    user_write(mm1, 0, 1)


@actor(daemon=True)
def R() -> None:
    """Reclaim, which also writes pages and frees them."""
    for _ in range(reclaim_passes):
        shrink_inactive_list(True)


scenario(
    question="Can a fault that reads a slot past the swap cache map a value that is out of date?",
    kernel="v6.7",
    patches=PATCHES,
    pools={Page: pages, SwapSlot: swap_slots},
    properties=[
        p3_ksm_invisible,
        p5_refcount_covers,
        p5_refcount_exact,
        p6_mapcount_exact,
        p7_swapcount_exact,
        p8_no_lost_reservation,
        p8_swapcache_bijection,
        p9_writable_exclusive,
    ],
    expected=[
        Expect(verdict="violated", property="p3_ksm_invisible"),
        Expect(patches=["swap-skip-cache-prepare"], verdict="holds"),
    ],
)
