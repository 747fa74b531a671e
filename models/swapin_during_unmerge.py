"""2 is written to run while a KSM page is behind a swap entry.

Kernel: v3.8 and v3.9. Guards: copy-when-unmerging, remove-all-stable-nodes, both in cbf86cfe04a6.
    KSM.md entry 35.
Source: mm/ksm.c (run_store, unmerge_and_remove_all_rmap_items, remove_all_stable_nodes,
    ksm_might_need_to_copy), mm/memory.c (do_swap_page).
Question: when everything has been unmerged, can a KSM page be mapped?
Keeps: mm1, whose pte holds the swap entry of a KSM page that is in the swap cache; U, who writes 2
    to run; F, the thread of mm1, which reads: if `late` is 1 after run has changed, otherwise at
    any time.
Abstracts: see models/kernel/ksm_unmerge.py, cow.py.
Not covered: swapoff, which has its own guard (swapoff-copies); mms that exit; reclaim, which may
    free the page.
Result: v3.9 holds for a late fault. Without copy-when-unmerging violated in the interleaving of the
    commit (p24): U has passed mm1 when F maps the page. Without remove-all-stable-nodes violated
    after U is done (p24, the tree): the node lives as long as the page, which the commit counts as
    its first cause. With both and an early fault violated after 45 steps, which no commit mentions:
    do_swap_page reads ksm_run before U stores it and maps the page when U has passed; both hold
    mmap_sem for reading only. U then finds a mapped page in remove_stable_node, what v3.9 warns of
    as impossible.
"""

from __future__ import annotations

from ksmcheck.lang import Expect, actor, instance, parameter, scenario, setup, wait_until
from models.kernel.ksm_lists import KsmRun, MmSlot, ksm_init, ksm_run
from models.kernel.ksm_start import (
    forget_mappings,
    make_ksm_page,
    start_registered,
    swap_entry,
    swap_out,
)
from models.kernel.ksm_unmerge import run_store
from models.kernel.memory import user_read
from models.kernel.objects import AnonVma, Mm, Page, RmapItem, StableNode, SwapSlot
from models.kernel.patches import PATCHES
from properties.functional import p3_ksm_invisible
from properties.ksm import p1_node_outlives_page, p2_no_downgrade, p14_keyhole_sound
from properties.refcounts import p5_refcount_covers, p6_mapcount_exact
from properties.unmerge import p24_run_unmerged, p24_tree_empty

late = parameter(1, "1: the fault begins when run has changed", at_least=0, at_most=1)

mm1 = instance(Mm)
av1 = instance(AnonVma)
k = instance(Page)
s1 = instance(SwapSlot)
n = instance(StableNode)
slot1 = instance(MmSlot)


@setup
def swapped_out() -> None:
    """The KSM page of mm1 is in the swap cache; ksmd has dropped the rmap_item."""
    ksm_init()
    forget_mappings()
    start_registered(mm1, av1, slot1)
    make_ksm_page(k, n, 1)
    swap_out(n, s1)
    swap_entry(mm1, s1, 1)


@actor
def U() -> None:
    """Somebody wants no more KSM pages."""
    run_store(KsmRun.UNMERGE)


@actor
def F() -> None:
    """The thread of mm1 reads."""
    if late == 1:
        wait_until(ksm_run == KsmRun.UNMERGE)
    user_read(mm1, 0)


scenario(
    question="When everything has been unmerged, can a KSM page be mapped?",
    kernel="v3.9",
    patches=PATCHES,
    config=["CONFIG_KSM"],
    pools={Page: 3, RmapItem: 1},
    properties=[
        p1_node_outlives_page,
        p2_no_downgrade,
        p3_ksm_invisible,
        p5_refcount_covers,
        p6_mapcount_exact,
        p14_keyhole_sound,
        p24_run_unmerged,
        p24_tree_empty,
    ],
    expected=[
        Expect(verdict="holds"),
        Expect(without=["copy-when-unmerging"], verdict="violated", property="p24_run_unmerged"),
        Expect(without=["remove-all-stable-nodes"], verdict="violated", property="p24_tree_empty"),
        Expect(set={"late": 0}, verdict="violated", property="p24_run_unmerged"),
    ],
)
