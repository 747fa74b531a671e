"""A swap-in counts its pte while ksmd makes a KSM page of the page.

Kernel: v2.6.33. Guard: page-lock-add-rmap: older than 80e148226028, which relies on it. KSM.md
    entry 16, with do_swap_page for the one who adds.
Source: mm/memory.c (do_swap_page), mm/rmap.c (page_add_anon_rmap), mm/ksm.c
    (try_to_merge_one_page).
Question: can a KSM page become an ordinary page again?
Keeps: mm1 and mm2, parent and child, whose ptes hold the swap entry of one page; F1 and F2, their
    threads, which read; mm3 with an equal page, which ksmd has seen in this pass; ksmd, which comes
    to mm2.
    Contents are unknowns (symbols), so this is for all of them.
Abstracts: see models/kernel/memory.py, ksm_cmp.py. Without the guard do_swap_page unlocks the page
    before it calls page_add_anon_rmap, and so does not try to free its swap.
Not covered: the other two who add, swapoff and migration; replace_page, which adds without the page
    lock, to a page that is a KSM page already.
Result: v2.6.33 holds. Without page-lock-add-rmap violated (p2). The entry's two actors are not
    enough: F1 is between its count and the mapping with the page-table lock of mm1 held, and ksmd
    needs that lock to write-protect the page in mm1. It is in the child, mapped there by F2 in
    between, that ksmd comes to the page.
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
    cache_anon_page,
    cursor_at,
    forget_mappings,
    map_anon_page,
    map_vma,
    seen_in_this_pass,
    seen_once,
    start_mm,
    start_registered,
    swap_entry,
)
from models.kernel.memory import user_read
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
from properties.refcounts import p5_refcount_covers, p6_mapcount_exact
from properties.trees import p17_counters

mm1 = instance(Mm)
mm2 = instance(Mm)
mm3 = instance(Mm)
av1 = instance(AnonVma)
av3 = instance(AnonVma)
s1 = instance(SwapSlot)
p = instance(Page)
q = instance(Page)
r2 = instance(RmapItem)
r3 = instance(RmapItem)
slot2 = instance(MmSlot)
slot3 = instance(MmSlot)


@setup
def swapped_out() -> None:
    """The page of mm1 and mm2 is in the swap cache. ksmd has been to mm3 and comes to mm2."""
    same = fresh(Content)
    ksm_init()
    forget_mappings()
    start_mm(mm1)
    map_vma(mm1, av1)
    start_registered(mm3, av3, slot3)
    start_registered(mm2, av1, slot2)
    cache_anon_page(p, av1, s1, same)
    swap_entry(mm1, s1, same)
    swap_entry(mm2, s1, same)
    map_anon_page(mm3, q, same)
    seen_once(mm2, slot2, r2)
    seen_in_this_pass(mm3, slot3, r3)
    cursor_at(slot2)


@actor
def F1() -> None:
    """The thread of mm1 reads."""
    user_read(mm1, 0)


@actor
def F2() -> None:
    """The thread of mm2 reads."""
    user_read(mm2, 0)


@actor(daemon=True)
def ksmd() -> None:
    """The scanner."""
    ksm_scan_thread()


scenario(
    question="Can a KSM page become an ordinary page again?",
    kernel="v2.6.33",
    patches=PATCHES,
    config=["CONFIG_KSM"],
    pools={StableNode: 1},
    symbols={Content: 6, Checksum: 4},
    properties=[
        p1_node_outlives_page,
        p2_no_downgrade,
        p3_ksm_invisible,
        p5_refcount_covers,
        p6_mapcount_exact,
        p17_counters,
    ],
    expected=[
        Expect(verdict="holds"),
        Expect(without=["page-lock-add-rmap"], verdict="violated", property="p2_no_downgrade"),
    ],
)
