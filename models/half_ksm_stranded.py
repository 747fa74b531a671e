"""A process forks while ksmd has made a KSM page of its page and not yet found it a second sharer.

Kernel: v2.6.33 and after. No known commit closes it; no-break-cow-retry opened it. KSM.md entry 22.
Source: mm/ksm.c (try_to_merge_two_pages, break_cow, cmp_and_merge_page), kernel/fork.c.
Question: can a page be left behind that is a KSM page and has no place in the stable tree?
Keeps: mm1 and mm3 with equal pages, of which ksmd has seen mm3's in this pass; ksmd, which comes to
    mm1; Y, the thread of mm1, which forks mm2; F, the thread of mm3, which stores.
    When both are done ksmd makes two whole passes.
    Contents are unknowns (symbols), so this is for all of them.
Abstracts: see models/kernel/ksm_cmp.py, fork.py.
Not covered: reclaim and migration, which cannot move the page: the property says why.
Result: v2.6.33 violated after 362 steps (p28), in a simpler interleaving than the entry's: the fork
    may come before the upgrade. A page that parent and child share has read-only ptes, so
    write_protect_page does not count its references; ksmd upgrades it through the parent, finds
    that the other page has changed, and gives the parent a copy. The child keeps a KSM page that
    has no node and will have none, for it can be merged with nothing: write_protect_page looks for
    its anon_vma. Without no-break-cow-retry, that is with the retry of v2.6.32, holds. Without a
    fork it holds, unless break_cow finds no memory: then mm1 itself keeps the page (2 frames, 213
    steps).
"""

from __future__ import annotations

from ksmcheck.lang import (
    Expect,
    actor,
    fetch_add,
    fresh,
    instance,
    parameter,
    scenario,
    setup,
    wait_until,
)
from models.kernel.fork import fork
from models.kernel.ksm_lists import MmSlot, ksm_init
from models.kernel.ksm_scan import ksm_scan_thread
from models.kernel.ksm_start import (
    cursor_at,
    forget_mappings,
    map_anon_page,
    seen_in_this_pass,
    seen_once,
    start_registered,
)
from models.kernel.memory import user_write
from models.kernel.objects import (
    AnonVma,
    Checksum,
    Content,
    Count,
    Mm,
    Page,
    RmapItem,
    StableNode,
    SwapSlot,
)
from models.kernel.patches import PATCHES
from properties.functional import p3_ksm_invisible
from properties.ksm import p1_node_outlives_page, p2_no_downgrade
from properties.progress import p28_every_pte_is_found
from properties.refcounts import p6_mapcount_exact
from properties.sharing import p9_writable_exclusive
from properties.trees import p17_counters

forks = parameter(1, "1: mm1 forks", at_least=0, at_most=1)
pages = parameter(5, "page frames", at_least=2, at_most=6)

mm1 = instance(Mm)
mm2 = instance(Mm)
mm3 = instance(Mm)
av1 = instance(AnonVma)
av3 = instance(AnonVma)
p = instance(Page)
q = instance(Page)
r1 = instance(RmapItem)
r3 = instance(RmapItem)
slot1 = instance(MmSlot)
slot3 = instance(MmSlot)
done: Count


@setup
def equal_pages() -> None:
    """mm1 and mm3 have stored the same. ksmd has been to mm3 and comes to mm1."""
    same = fresh(Content)
    ksm_init()
    forget_mappings()
    start_registered(mm3, av3, slot3)
    start_registered(mm1, av1, slot1)
    map_anon_page(mm1, p, same)
    map_anon_page(mm3, q, same)
    seen_once(mm1, slot1, r1)
    seen_in_this_pass(mm3, slot3, r3)
    cursor_at(slot1)


@actor
def Y() -> None:
    """The thread of mm1 forks."""
    if forks == 1:
        fork(mm1, mm2)
    fetch_add(done, 1)


@actor
def F() -> None:
    """The thread of mm3 stores."""
    user_write(mm3, 0, fresh(Content))
    fetch_add(done, 1)


@actor
def ksmd() -> None:
    """The scanner; in the end undisturbed."""
    left: Count = 3
    while left > 0:
        if left == 2:
            wait_until(done == 2)
        ksm_scan_thread(1 if left > 2 else 15)
        left -= 1


scenario(
    question="Can a page be left behind that is a KSM page and not in the stable tree?",
    kernel="v2.6.33",
    patches=PATCHES,
    config=["CONFIG_KSM"],
    pools={Page: pages, RmapItem: 3, StableNode: 1, MmSlot: 4, SwapSlot: 1},
    symbols={Content: 6, Checksum: 4},
    properties=[
        p1_node_outlives_page,
        p2_no_downgrade,
        p3_ksm_invisible,
        p6_mapcount_exact,
        p9_writable_exclusive,
        p17_counters,
        p28_every_pte_is_found,
    ],
    expected=[
        Expect(verdict="violated", property="p28_every_pte_is_found"),
        Expect(kernel="v3.9", verdict="violated", property="p28_every_pte_is_found"),
        Expect(without=["no-break-cow-retry"], verdict="holds"),
        Expect(set={"forks": 0}, verdict="holds"),
        Expect(set={"forks": 0, "pages": 2}, verdict="violated", property="p28_every_pte_is_found"),
    ],
)
