"""Two threads fault on one swap entry while its page leaves the swap cache and its slot is reused.

Kernel: v2.6.35; fixed in v2.6.36 by 4969c1192d15 (swapin-recheck) and 31c4a3d3a0f8
    (swapin-recheck-entry). KSM.md entries 26 and 28.
Source: mm/memory.c (do_swap_page, do_wp_page), mm/swapfile.c, mm/swap_state.c, mm/vmscan.c.
Question: can a thread that waited for the lock of a swap cache page map it at an address whose pte
    is the same swap entry again, although the slot now belongs to another page?
Keeps: mm1 with the threads A and B, mm2 with the thread C, after a fork: both mms' ptes hold the
    entry of one slot, whose page is in the swap cache, dirty and on the LRU. Reclaim tries any page
    of the LRU, `reclaim_passes` times. A and C store new values. B's access is a choice: as a load
    it maps the wrong page and mm1 reads what C wrote; as a store it may also take the page for its
    own, when it is not even B's slot that the page belongs to by now. A and B are the same
    otherwise, so A need not have the choice as well.
Abstracts: see models/kernel/; the page starts dirty and was never written, so the disk holds what
    nobody may read; reclaim does not write (`reclaim_writes` = 0): the races need no page to be
    freed, and writing multiplies the states.
Not covered: swapoff, exit, a second fork, readahead, more than one address, weak memory.
Result: v2.6.35 violated after 78 steps (p9_writable_exclusive), with one slot or two.
    swapin-recheck with one slot holds (1 pass: 2,806,098 states; 2 passes: 8,263,605), with two
    slots violated after 104 steps (p9_writable_exclusive). Both patches, two slots: holds
    (20,443,972 states). All counts, and larger bounds: models/README.md.
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
    scenario,
    setup,
    wait_until,
)
from models.kernel.memory import user_read, user_write
from models.kernel.objects import NEVER_WRITTEN, AnonVma, Mm, Page, Swapped, SwapSlot
from models.kernel.patches import PATCHES
from models.kernel.swap_map import set_vm_swap_full
from models.kernel.vmscan import shrink_inactive_list
from properties.functional import p3_ksm_invisible, p29_isolation
from properties.refcounts import (
    p5_refcount_covers,
    p5_refcount_exact,
    p6_mapcount_exact,
    p7_swapcount_exact,
)
from properties.sharing import p9_writable_exclusive
from properties.swapcache import (
    p8_no_lost_reservation,
    p8_orphan_redundant,
    p8_swapcache_bijection,
)

swap_slots = parameter(2, "slots of the swap area", at_least=1, at_most=3)
reclaim_passes = parameter(2, "pages that reclaim tries", at_least=1, at_most=3)
pages = parameter(2, "page frames", at_least=2, at_most=4)
reclaim_writes = parameter(0, "1: reclaim writes dirty pages and frees them", at_least=0, at_most=1)
swap_full = parameter(0, "1: faults free swap slots early (vm_swap_full)", at_least=0, at_most=1)

mm1 = instance(Mm)
mm2 = instance(Mm)
s1 = instance(SwapSlot)
family = instance(AnonVma)


@setup
def forked_and_swapped_out() -> None:
    """One page, in the swap cache under s1; the ptes of parent and child both hold s1."""
    mm1.anon_vma = family
    mm2.anon_vma = family
    set_vm_swap_full(swap_full == 1)
    page = alloc(Page, refcount=1, private=s1, dirty=True, lru=True)
    for first in pool(Page):
        wait_until(page == first)  # frames are alike: one of them will do
        break
    assert page is not None
    for slot in pool(SwapSlot):
        slot.disk = NEVER_WRITTEN
    s1.page = page
    s1.has_cache = True
    s1.count = 2
    mm1.table[0] = Swapped(s1)
    mm2.table[0] = Swapped(s1)


@actor
def A() -> None:
    """Thread of mm1: stores 1."""
    user_write(mm1, 0, 1)


@actor
def B() -> None:
    """Thread of mm1: loads, or stores 2."""
    if choose(False, True):
        user_write(mm1, 0, 2)
    else:
        user_read(mm1, 0)


@actor
def C() -> None:
    """The only thread of mm2: stores 3."""
    user_write(mm2, 0, 3)


@actor(daemon=True)
def R() -> None:
    """Reclaim."""
    for _ in range(reclaim_passes):
        shrink_inactive_list(reclaim_writes == 1)


scenario(
    question="Can a fault map a swap cache page whose slot has been reused behind its back?",
    kernel="v2.6.35",
    patches=PATCHES,
    pools={Page: pages, SwapSlot: swap_slots},
    properties=[
        p3_ksm_invisible,
        p5_refcount_covers,
        p5_refcount_exact,
        p6_mapcount_exact,
        p7_swapcount_exact,
        p8_no_lost_reservation,
        p8_orphan_redundant,
        p8_swapcache_bijection,
        p9_writable_exclusive,
        p29_isolation,
    ],
    expected=[
        Expect(verdict="violated", property="p9_writable_exclusive"),
        Expect(set={"swap_slots": 1}, verdict="violated", property="p9_writable_exclusive"),
        Expect(
            patches=["swapin-recheck"],
            set={"swap_slots": 1, "reclaim_passes": 1},
            verdict="holds",
        ),
        Expect(patches=["swapin-recheck"], set={"swap_slots": 1}, verdict="holds"),
        Expect(patches=["swapin-recheck"], verdict="violated", property="p9_writable_exclusive"),
        Expect(patches=["swapin-recheck", "swapin-recheck-entry"], verdict="holds"),
    ],
)
