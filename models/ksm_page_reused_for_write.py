"""A store to a KSM page that only one mm maps any more.

Kernel: v2.6.33. Guards: wp-copies-ksm (9a840895147b), reuse-refuses-ksm (5ad6468801d2). KSM.md
    entry 7, variant a.
Source: mm/memory.c (do_wp_page), mm/swapfile.c (reuse_swap_page), mm/ksm.c (cmp_and_merge_page).
Question: can a write fault get write access to a page that is in the stable tree?
Keeps: mm1, the only one left of those who shared a KSM page; F, its thread, which stores; mm2,
    which has stored the KSM page's content; ksmd, which comes to mm2 and looks for its like.
    Contents are unknowns (symbols), so this is for all of them.
Abstracts: see models/kernel/memory.py, ksm_cmp.py.
Not covered: reclaim: the KSM page is on no list.
Result: v2.6.33 holds, and so does v2.6.33 without either guard: reuse_swap_page refuses what
    do_wp_page lets through, so wp-copies-ksm saves a page lock since v2.6.33 and no more. Without
    both violated: the write access comes first, as the entry has it, and p9 says so before ksmd can
    merge; with --all p3 as well, when mm2 has been given the page.
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
    map_ksm_page,
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
from properties.ksm import p1_node_outlives_page, p2_no_downgrade, p14_keyhole_sound
from properties.refcounts import p6_mapcount_exact
from properties.sharing import p9_writable_exclusive

mm1 = instance(Mm)
mm2 = instance(Mm)
av1 = instance(AnonVma)
av2 = instance(AnonVma)
k = instance(Page)
q = instance(Page)
n = instance(StableNode)
r1 = instance(RmapItem)
slot1 = instance(MmSlot)
slot2 = instance(MmSlot)


@setup
def unshared() -> None:
    """mm1 maps a KSM page, mm2 an ordinary one of the same content. ksmd comes to mm2."""
    same = fresh(Content)
    ksm_init()
    forget_mappings()
    start_registered(mm1, av1, slot1)
    start_registered(mm2, av2, slot2)
    make_ksm_page(k, n, same)
    k.lru = False
    map_ksm_page(mm1, slot1, r1, n)
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


scenario(
    question="Can a write fault get write access to a page that is in the stable tree?",
    kernel="v2.6.33",
    patches=PATCHES,
    config=["CONFIG_KSM"],
    pools={Page: 3, RmapItem: 2, SwapSlot: 1},
    symbols={Content: 6, Checksum: 4},
    properties=[
        p1_node_outlives_page,
        p2_no_downgrade,
        p3_ksm_invisible,
        p6_mapcount_exact,
        p9_writable_exclusive,
        p14_keyhole_sound,
    ],
    expected=[
        Expect(verdict="holds"),
        Expect(without=["wp-copies-ksm"], verdict="holds"),
        Expect(without=["reuse-refuses-ksm"], verdict="holds"),
        Expect(
            without=["wp-copies-ksm", "reuse-refuses-ksm"],
            verdict="violated",
            property="p9_writable_exclusive",
        ),
    ],
)
