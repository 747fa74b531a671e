"""ksmd peeps through the keyhole at a frame that is freed and allocated again meanwhile.

Kernel: v2.6.33. Guards: get-unless-zero, keyhole-recheck, clear-mapping-on-free, all of them
    in the kernel since 4035c07a8959 or before. KSM.md entry 13.
Source: mm/ksm.c (get_ksm_page, cmp_and_merge_page and below), mm/vmscan.c, mm/memory.c.
Question: can get_ksm_page return a page that is not the node's KSM page?
Keeps: a KSM page that is in the swap cache only, clean, with mm2's pte swapped out; mm1 with an
    equal page and an rmap_item, which ksmd tries to merge; R, which frees the KSM page; F, the
    thread of mm3, which stores twice.
    Contents are unknowns (symbols), so this is for all of them.
Abstracts: see models/kernel/ksm_nodes.py and ksm_merge.py. ksmd comes with the item in its hand;
    the way there is scan_last_mm_exit's business.
Not covered: the unstable tree, migration, KSM.md entry 14 (nobody unfreezes here).
Result: v2.6.33 holds (3,894 states; pages=3: 16,563). Without keyhole-recheck violated after 23
    steps, without clear-mapping-on-free after 24 (p14 both; with --all p9 and p3 as well: mm1 gets
    a read-only pte to a page that mm3 has for writing). Without get-unless-zero after 19 (the count
    of a free frame goes from zero to one).
"""

from __future__ import annotations

from ksmcheck.lang import (
    Expect,
    actor,
    fresh,
    instance,
    mutex_lock,
    parameter,
    scenario,
    setup,
)
from models.kernel.ksm_cmp import cmp_and_merge_page
from models.kernel.ksm_lists import ksm_init, ksm_thread_mutex
from models.kernel.ksm_start import (
    forget_mappings,
    make_ksm_page,
    map_anon_page,
    map_vma,
    start_item,
    start_mm,
    swap_out,
)
from models.kernel.memory import follow_page, user_write
from models.kernel.objects import (
    AnonVma,
    Checksum,
    Content,
    Mm,
    Page,
    RmapItem,
    StableNode,
    Swapped,
    SwapSlot,
)
from models.kernel.page import put_page
from models.kernel.patches import PATCHES
from models.kernel.rmap_watch import RmapWatch
from models.kernel.vmscan import shrink_inactive_list
from properties.functional import p3_ksm_invisible
from properties.ksm import (
    p1_node_outlives_page,
    p2_no_downgrade,
    p14_keyhole_sound,
)
from properties.refcounts import p5_refcount_covers, p6_mapcount_exact
from properties.rmap import p12_rmap_complete
from properties.sharing import p9_writable_exclusive

pages = parameter(2, "page frames", at_least=2, at_most=3)

mm1 = instance(Mm)
mm2 = instance(Mm)
mm3 = instance(Mm)
av1 = instance(AnonVma)
av2 = instance(AnonVma)
av3 = instance(AnonVma)
s1 = instance(SwapSlot)
p = instance(Page)
k = instance(Page)
n = instance(StableNode)
r1 = instance(RmapItem)
watch = instance(RmapWatch)


@setup
def swapped_out() -> None:
    """mm1 maps a page; the KSM page with the same content is in the swap cache, under s1."""
    same = fresh(Content)
    ksm_init()
    start_mm(mm1)
    start_mm(mm2)
    start_mm(mm3)
    map_vma(mm1, av1)
    map_vma(mm2, av2)
    map_vma(mm3, av3)
    mm1.vma_mergeable = True
    forget_mappings()
    map_anon_page(mm1, p, same)
    start_item(r1, mm1)
    make_ksm_page(k, n, same)
    swap_out(n, s1)
    mm2.table[0] = Swapped(s1)
    mm2.shadow[0] = same
    s1.count = 1


@actor
def ksmd() -> None:
    """Scans mm1's page."""
    with mutex_lock(ksm_thread_mutex):
        page = follow_page(mm1, 0)
        if page is not None:
            cmp_and_merge_page(page, r1)
            put_page(page)


@actor
def F() -> None:
    """The thread of mm3 stores twice."""
    user_write(mm3, 0, fresh(Content))
    user_write(mm3, 0, fresh(Content))


@actor(daemon=True)
def R() -> None:
    """Reclaim: frees the KSM page."""
    shrink_inactive_list(False)


scenario(
    question="Can get_ksm_page return a frame that is not its KSM page any more?",
    kernel="v2.6.33",
    patches=PATCHES,
    config=["CONFIG_KSM"],
    pools={Page: pages},
    symbols={Content: 6, Checksum: 4},
    properties=[
        p1_node_outlives_page,
        p2_no_downgrade,
        p3_ksm_invisible,
        p5_refcount_covers,
        p6_mapcount_exact,
        p9_writable_exclusive,
        p12_rmap_complete,
        p14_keyhole_sound,
    ],
    expected=[
        Expect(verdict="holds"),
        Expect(set={"pages": 3}, verdict="holds"),
        Expect(without=["keyhole-recheck"], verdict="violated", property="p14_keyhole_sound"),
        Expect(without=["clear-mapping-on-free"], verdict="violated", property="p14_keyhole_sound"),
        Expect(without=["get-unless-zero"], verdict="violated", property="refcount"),
    ],
)
