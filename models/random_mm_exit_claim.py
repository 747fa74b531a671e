"""ksmd meets an mm through the unstable tree, away from its cursor, and the mm exits.

Kernel: v2.6.33. Guard: exit-waits-for-ksmd, a part of 9ba692948008. KSM.md entry 43: a report of
    October 2015, withdrawn by its author. It must hold.
Source: mm/ksm.c (__ksm_exit, get_mergeable_page, try_to_merge_with_ksm_page, break_cow),
    kernel/fork.c (mmput).
Question: can exit_mmap take an mm apart while ksmd is in it by way of an rmap_item?
Keeps: mm1 and mm2 with equal pages; the item of mm2 is in the unstable tree, the cursor at mm1; X,
    the last thread of mm2, which exits; ksmd, which merges the two.
    Contents are unknowns (symbols), so this is for all of them.
Abstracts: see models/kernel/ksm_slots.py, ksm_cmp.py.
Not covered: an mm that gets its first rmap_item meanwhile: the cursor is there then.
Result: v2.6.33 holds (10,347 states): an mm whose item is in the unstable tree has an rmap_item, so
    its exit takes mmap_sem once for writing, and ksmd is out of it by then. The witness is ksmd
    inside an mm whose last user has left. Without exit-waits-for-ksmd violated after 49 steps
    (p19): what the report claims.
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
from models.kernel.ksm_slots import mmput
from models.kernel.ksm_start import (
    cursor_at,
    forget_mappings,
    map_anon_page,
    seen_in_this_pass,
    seen_once,
    start_registered,
)
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
from properties.exit import p19_no_touch_after_exit
from properties.functional import p3_ksm_invisible
from properties.ksm import p1_node_outlives_page, p2_no_downgrade
from properties.refcounts import p5_refcount_covers, p6_mapcount_exact
from properties.slots import p18_cursor_live, p18_hashed_is_listed, p18_slot_pins_mm

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
    seen_once(mm1, slot1, r1)
    seen_in_this_pass(mm2, slot2, r2)
    cursor_at(slot1)


@actor
def X() -> None:
    """The last thread of mm2 exits."""
    mmput(mm2)


@actor
def ksmd() -> None:
    """The scanner."""
    ksm_scan_thread(2)


scenario(
    question="Can exit_mmap take an mm apart while ksmd is in it by way of an rmap_item?",
    kernel="v2.6.33",
    patches=PATCHES,
    config=["CONFIG_KSM"],
    pools={Page: 3, StableNode: 1, SwapSlot: 1},
    symbols={Content: 6, Checksum: 4},
    properties=[
        p1_node_outlives_page,
        p2_no_downgrade,
        p3_ksm_invisible,
        p5_refcount_covers,
        p6_mapcount_exact,
        p18_cursor_live,
        p18_hashed_is_listed,
        p18_slot_pins_mm,
        p19_no_touch_after_exit,
    ],
    expected=[
        Expect(verdict="holds"),
        Expect(
            without=["exit-waits-for-ksmd"],
            verdict="violated",
            property="p19_no_touch_after_exit",
        ),
    ],
)
