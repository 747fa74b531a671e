"""A process forks while everything is being unmerged; its child comes to KSM behind the cursor.

Kernel: v3.9. Guard: enter-at-tail-when-unmerging, in cbf86cfe04a6. KSM.md entry 34.
Source: mm/ksm.c (run_store, unmerge_and_remove_all_rmap_items, __ksm_enter), kernel/fork.c
    (dup_mmap).
Question: can the unmerging of everything miss the mm of a child?
Keeps: mm3, first on the list, with nothing mapped; mm1, behind it, which maps a KSM page; Y, its
    thread, which forks mm2; U, who writes 2 to run.
Abstracts: see models/kernel/fork.py, ksm_unmerge.py. ksm_run is read in the section of
    ksm_mmlist_lock, as v3.9 does.
Not covered: ksmd, which the mutex keeps out; reclaim.
Result: v3.9 holds. Without enter-at-tail-when-unmerging violated after 137 steps (p24) in the
    interleaving of the commit: U is at mm3, the child is put before it, U goes on to mm1 and ends.
    That ksm_run is stored under another lock (KSM.md entry 56) does no harm as long as it is read
    under ksm_mmlist_lock: whoever still reads the old value has put its mm on the list before U
    takes the cursor to the front.
"""

from __future__ import annotations

from ksmcheck.lang import Expect, actor, choose, instance, scenario, setup
from models.kernel.fork import fork
from models.kernel.ksm_lists import KsmRun, MmSlot, ksm_init
from models.kernel.ksm_start import (
    cursor_at,
    forget_mappings,
    make_ksm_page,
    map_ksm_page,
    start_registered,
)
from models.kernel.ksm_unmerge import run_store
from models.kernel.objects import AnonVma, Mm, Page, RmapItem, StableNode, SwapSlot
from models.kernel.patches import PATCHES
from properties.functional import p3_ksm_invisible
from properties.ksm import (
    p1_node_outlives_page,
    p2_no_downgrade,
    p14_keyhole_sound,
    p17_item_has_node,
)
from properties.refcounts import p5_refcount_covers, p6_mapcount_exact
from properties.sharing import p9_writable_exclusive
from properties.slots import p18_cursor_live, p18_hashed_is_listed
from properties.trees import p15_stale_is_final
from properties.unmerge import p24_run_unmerged, p24_tree_empty

mm1 = instance(Mm)
mm2 = instance(Mm)
mm3 = instance(Mm)
av1 = instance(AnonVma)
av3 = instance(AnonVma)
k = instance(Page)
n = instance(StableNode)
r1 = instance(RmapItem)
slot1 = instance(MmSlot)
slot3 = instance(MmSlot)


@setup
def merged() -> None:
    """mm3 and mm1 are registered, in this order; mm1 maps a KSM page. ksmd is anywhere."""
    ksm_init()
    forget_mappings()
    start_registered(mm3, av3, slot3)
    start_registered(mm1, av1, slot1)
    make_ksm_page(k, n, 1)
    map_ksm_page(mm1, slot1, r1, n)
    if choose(False, True):
        cursor_at(slot1)


@actor
def U() -> None:
    """Somebody wants no more KSM pages."""
    run_store(KsmRun.UNMERGE)


@actor
def Y() -> None:
    """The thread of mm1 forks."""
    fork(mm1, mm2)


scenario(
    question="Can the unmerging of everything miss the mm of a child?",
    kernel="v3.9",
    patches=PATCHES,
    config=["CONFIG_KSM"],
    pools={Page: 4, MmSlot: 4, SwapSlot: 1},
    properties=[
        p1_node_outlives_page,
        p2_no_downgrade,
        p3_ksm_invisible,
        p5_refcount_covers,
        p6_mapcount_exact,
        p9_writable_exclusive,
        p14_keyhole_sound,
        p15_stale_is_final,
        p17_item_has_node,
        p18_cursor_live,
        p18_hashed_is_listed,
        p24_run_unmerged,
        p24_tree_empty,
    ],
    expected=[
        Expect(verdict="holds"),
        Expect(
            without=["enter-at-tail-when-unmerging"],
            verdict="violated",
            property="p24_run_unmerged",
        ),
    ],
)
