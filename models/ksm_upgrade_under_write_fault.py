"""A write fault waits for the page lock while ksmd makes a KSM page of its page.

Kernel: v2.6.33. Guard: reuse-refuses-ksm, in the kernel with 5ad6468801d2. KSM.md entry 7,
    variant b.
Source: mm/memory.c (do_wp_page), mm/swapfile.c (reuse_swap_page), mm/ksm.c (try_to_merge_one_page,
    write_protect_page, stable_tree_insert).
Question: can a fault that began with an ordinary page end with write access to a KSM page?
Keeps: mm1, whose page is mapped read-only; F, its thread, which stores; mm2 with an equal page,
    which ksmd has seen in this pass; ksmd, which comes to mm1 and finds mm2's item in the unstable
    tree.
    Contents are unknowns (symbols), so this is for all of them.
Abstracts: see models/kernel/memory.py, ksm_cmp.py. That both pages had the same checksum one pass
    before is the setup's.
Not covered: reclaim: both pages are on no list.
Result: v2.6.33 holds. Without reuse-refuses-ksm violated in the interleaving of the entry: F tests
    PageKsm and waits for the page lock, ksmd upgrades the page without any change of its pte, F
    finds the pte as it was and one pte only. The page need not be in the tree yet.
"""

from __future__ import annotations

from ksmcheck.lang import (
    Expect,
    actor,
    fresh,
    instance,
    scenario,
    setup,
)
from models.kernel.ksm_lists import MmSlot, ksm_init
from models.kernel.ksm_scan import ksm_scan_thread
from models.kernel.ksm_start import (
    cursor_at,
    forget_mappings,
    map_anon_page,
    read_only,
    seen_in_this_pass,
    seen_once,
    start_registered,
)
from models.kernel.memory import user_write
from models.kernel.objects import (
    AnonVma,
    Checksum,
    Content,
    Mm,
    Page,
    RmapItem,
    StableNode,
    SwapSlot,
)
from models.kernel.patches import PATCHES
from properties.functional import p3_ksm_invisible
from properties.ksm import p1_node_outlives_page, p2_no_downgrade
from properties.refcounts import p6_mapcount_exact
from properties.sharing import p9_writable_exclusive
from properties.trees import p17_counters

mm1 = instance(Mm)
mm2 = instance(Mm)
av1 = instance(AnonVma)
av2 = instance(AnonVma)
p = instance(Page)
q = instance(Page)
r1 = instance(RmapItem)
r2 = instance(RmapItem)
slot1 = instance(MmSlot)
slot2 = instance(MmSlot)


@setup
def equal_pages() -> None:
    """mm1 and mm2 have stored the same. ksmd has been to mm2 and comes to mm1."""
    same = fresh(Content)
    ksm_init()
    forget_mappings()
    start_registered(mm2, av2, slot2)
    start_registered(mm1, av1, slot1)
    map_anon_page(mm1, p, same)
    map_anon_page(mm2, q, same)
    read_only(mm1)
    seen_once(mm1, slot1, r1)
    seen_in_this_pass(mm2, slot2, r2)
    cursor_at(slot1)


@actor
def F() -> None:
    """The thread of mm1 stores."""
    user_write(mm1, 0, fresh(Content))


@actor(daemon=True)
def ksmd() -> None:
    """The scanner."""
    ksm_scan_thread()


scenario(
    question="Can a fault that began with an ordinary page end with write access to a KSM page?",
    kernel="v2.6.33",
    patches=PATCHES,
    config=["CONFIG_KSM"],
    pools={Page: 3, StableNode: 1, SwapSlot: 1},
    symbols={Content: 6, Checksum: 4},
    properties=[
        p1_node_outlives_page,
        p2_no_downgrade,
        p3_ksm_invisible,
        p6_mapcount_exact,
        p9_writable_exclusive,
        p17_counters,
    ],
    expected=[
        Expect(verdict="holds"),
        Expect(without=["wp-copies-ksm"], verdict="holds"),
        Expect(without=["reuse-refuses-ksm"], verdict="violated", property="p9_writable_exclusive"),
    ],
)
