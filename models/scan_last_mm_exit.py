"""ksmd leaves the head of the list of mms while the last mm goes.

Kernel: v2.6.33 to v2.6.39; fixed in v3.0 by 2b472611a32a (recheck-head). KSM.md entry 30.
Source: mm/ksm.c (scan_get_next_rmap_item, __ksm_exit, __ksm_enter), kernel/fork.c (mmput).
Question: can ksmd take the head of the list for an mm_slot?
Keeps: mm1, registered, with nothing mapped; X, its last thread, which exits; E, the thread of
    mm2, which calls madvise(MADV_MERGEABLE) and then exits as well; ksmd, `passes` times.
Abstracts: see models/kernel/ksm_lists.py, ksm_slots.py, ksm_scan.py.
Not covered: pages, rmap_items: the race needs none.
Result: v2.6.39 violated after 23 steps (assertion in scan_mm_slot: the NULL dereference of the
    commit, found in its interleaving). recheck-head: holds (399,319 states).
"""

from __future__ import annotations

from ksmcheck.lang import Expect, actor, instance, parameter, scenario, setup
from models.kernel.ksm_lists import MmSlot, ksm_init
from models.kernel.ksm_scan import ksm_scan_thread
from models.kernel.ksm_slots import ksm_madvise_mergeable, mmput
from models.kernel.ksm_start import register_mm, start_mm
from models.kernel.objects import AnonVma, Mm, Page, RmapItem, StableNode, SwapSlot
from models.kernel.patches import PATCHES
from properties.slots import p18_cursor_live, p18_hashed_is_listed, p18_slot_pins_mm

passes = parameter(3, "calls of scan_get_next_rmap_item", at_least=1, at_most=5)

mm1 = instance(Mm)
mm2 = instance(Mm)
slot1 = instance(MmSlot)


@setup
def registered() -> None:
    """mm1 has a slot, the only one; the cursor is at the head."""
    ksm_init()
    start_mm(mm1)
    start_mm(mm2)
    register_mm(mm1, slot1)


@actor
def X() -> None:
    """The last thread of mm1 exits."""
    mmput(mm1)


@actor
def E() -> None:
    """The only thread of mm2 registers it and exits."""
    ksm_madvise_mergeable(mm2)
    mmput(mm2)


@actor(daemon=True)
def ksmd() -> None:
    """The scanner."""
    for _ in range(passes):
        ksm_scan_thread()


scenario(
    question="Can ksmd take the head of the list of mms for an mm_slot?",
    kernel="v2.6.39",
    patches=PATCHES,
    config=["CONFIG_KSM"],
    pools={MmSlot: 3, Page: 1, RmapItem: 1, StableNode: 1, SwapSlot: 1, AnonVma: 1},
    properties=[p18_cursor_live, p18_hashed_is_listed, p18_slot_pins_mm],
    expected=[
        Expect(verdict="violated", property="assertion"),
        Expect(patches=["recheck-head"], verdict="holds"),
    ],
)
