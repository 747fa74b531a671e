"""A store to a place whose KSM page is in the swap cache and mapped nowhere.

Kernel: v2.6.33. Guard: reuse-refuses-ksm, in the kernel with 5ad6468801d2. KSM.md entry 7,
    variant c.
Source: mm/memory.c (do_swap_page), mm/swapfile.c (reuse_swap_page), mm/ksm.c (cmp_and_merge_page).
Question: can a swap-in for writing take a KSM page out of the swap cache and write to it?
Keeps: mm1, whose pte holds the swap entry of a KSM page, the only one that does; F, its thread,
    which stores; mm2 with an equal page; ksmd, which comes to mm2; R, reclaim, which may free the
    page.
    Contents are unknowns (symbols), so this is for all of them.
Abstracts: see models/kernel/memory.py, ksm_cmp.py, vmscan.py.
Not covered: more than one mm that has the page swapped out.
Result: v2.6.33 holds. Without reuse-refuses-ksm violated as the entry has it: counts of ptes and of
    swap entries add up to one, and F gets its writable pte. ksmd is not needed for that.
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
    make_ksm_page,
    map_anon_page,
    start_registered,
    swap_entry,
    swap_out,
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

mm1 = instance(Mm)
mm2 = instance(Mm)
av1 = instance(AnonVma)
av2 = instance(AnonVma)
k = instance(Page)
q = instance(Page)
s1 = instance(SwapSlot)
n = instance(StableNode)
slot1 = instance(MmSlot)
slot2 = instance(MmSlot)
watch = instance(RmapWatch)


@setup
def swapped_out() -> None:
    """mm1 has a KSM page in the swap cache, mm2 maps an ordinary page of the same content."""
    same = fresh(Content)
    ksm_init()
    forget_mappings()
    start_registered(mm1, av1, slot1)
    start_registered(mm2, av2, slot2)
    make_ksm_page(k, n, same)
    swap_out(n, s1)
    swap_entry(mm1, s1, same)
    map_anon_page(mm2, q, same)
    cursor_at(slot2)


@actor
def F() -> None:
    """The thread of mm1 stores."""
    user_write(mm1, 0, fresh(Content))


@actor(daemon=True)
def ksmd() -> None:
    """The scanner."""
    ksm_scan_thread()


@actor(daemon=True)
def R() -> None:
    """Reclaim frees the page, or gives it up."""
    shrink_inactive_list(False)


scenario(
    question="Can a swap-in for writing take a KSM page out of the swap cache and write to it?",
    kernel="v2.6.33",
    patches=PATCHES,
    config=["CONFIG_KSM"],
    pools={Page: 3, RmapItem: 1},
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
        Expect(without=["wp-copies-ksm"], verdict="holds"),
        Expect(without=["reuse-refuses-ksm"], verdict="violated", property="p9_writable_exclusive"),
    ],
)
