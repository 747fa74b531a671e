"""ksmd gives the place of an mlocked page to a KSM page.

Kernel: v2.6.33. Guard: munlock-replaced, 73848b4684e8 of the same release. KSM.md entry 8.
Source: mm/ksm.c (try_to_merge_one_page), mm/mlock.c (munlock_vma_page, mlock_vma_page),
    mm/rmap.c (try_to_unmap_one), mm/memory.c (do_wp_page), mm/vmscan.c.
Question: can a page be mlocked that no locked vma maps?
Keeps: mm1, whose vma is locked, with a page of its own, mlocked and on the unevictable list; mm2,
    which it has forked, so the page is in both and mm2's vma is not locked; a KSM page of mm3 with
    the same content; ksmd, which merges; X, the thread of mm2, which lets the place go or stores;
    R, which tries to reclaim one page. `stores` = 1: the thread of mm1 stores meanwhile.
    Contents are unknowns (symbols), so this is for all of them.
Abstracts: see models/kernel/mlock.py, lru.py. The fork is the setup's.
Not covered: munlock(2), exit.
Result: v2.6.33 holds (501,222 states). Without munlock-replaced violated after 40 steps (p23: mm1's
    pte is the KSM page's, and the page is still mlocked; with --all it is freed so, after 62).
    With stores=1 v2.6.33 is violated: by ksmd after 92 steps (passes=0), by reclaim after 65.
Story: without the guard the commit's. stores=1: mm1's store copies the KSM page before ksmd, which
    has unlocked the page and waits for the KSM page's lock, mlocks it: no locked vma has it any
    more. Reclaim needs no KSM for the same mistake: try_to_unmap_one finds the pte, lets the lock
    go, and marks the page when mm1's store has copied it. Both are unknown to KSM.md; the page
    stays on the unevictable list until it is freed.
"""

from __future__ import annotations

from ksmcheck.lang import (
    Expect,
    actor,
    choose,
    fresh,
    instance,
    mutex_lock,
    parameter,
    scenario,
    setup,
)
from models.kernel.exit import madvise_dontneed
from models.kernel.ksm_cmp import merge_with_stable
from models.kernel.ksm_lists import MmSlot, ksm_init, ksm_thread_mutex
from models.kernel.ksm_start import (
    forget_mappings,
    fork_anon_page,
    make_ksm_page,
    map_anon_page,
    map_ksm_page,
    map_vma,
    mlock_page,
    start_item,
    start_mm,
    start_registered,
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
)
from properties.mlock import p23_mlocked_for_a_vma, p23_not_freed_mlocked, p23_nr_mlock_exact
from properties.refcounts import p5_refcount_covers, p6_mapcount_exact
from properties.rmap import p12_rmap_complete
from properties.sharing import p9_writable_exclusive

stores = parameter(0, "1: mm1's thread stores while ksmd merges", at_least=0, at_most=1)
passes = parameter(1, "pages that reclaim tries", at_least=0, at_most=2)

mm1 = instance(Mm)
mm2 = instance(Mm)
mm3 = instance(Mm)
av1 = instance(AnonVma)
av3 = instance(AnonVma)
p = instance(Page)
k = instance(Page)
n = instance(StableNode)
r1 = instance(RmapItem)
r3 = instance(RmapItem)
slot1 = instance(MmSlot)
slot3 = instance(MmSlot)
watch = instance(RmapWatch)


@setup
def locked_and_forked() -> None:
    """mm1's mlocked page is mm2's, too; mm3 has the same content in a KSM page."""
    same = fresh(Content)
    ksm_init()
    start_registered(mm1, av1, slot1)
    start_mm(mm2)
    start_registered(mm3, av3, slot3)
    forget_mappings()
    map_vma(mm2, av1)
    map_anon_page(mm1, p, same)
    fork_anon_page(mm1, mm2, p)
    mlock_page(mm1, p)
    start_item(r1, mm1)
    make_ksm_page(k, n, same)
    map_ksm_page(mm3, slot3, r3, n)


@actor
def ksmd() -> None:
    """Merges mm1's page."""
    with mutex_lock(ksm_thread_mutex):
        page = follow_page(mm1, 0)
        if page is None:
            return
        merge_with_stable(page, r1)
        put_page(page)


@actor
def F() -> None:
    """The thread of mm1."""
    if stores == 1:
        user_write(mm1, 0, fresh(Content))


@actor
def X() -> None:
    """The thread of mm2: lets the place go, or stores."""
    if choose(False, True):
        madvise_dontneed(mm2)
    else:
        user_write(mm2, 0, fresh(Content))


@actor(daemon=True)
def R() -> None:
    """Reclaim."""
    for _ in range(passes):
        shrink_inactive_list(False)


scenario(
    question="Can a page be mlocked that no locked vma maps?",
    kernel="v2.6.33",
    patches=PATCHES,
    config=["CONFIG_KSM", "VM_LOCKED"],
    pools={Page: 4, SwapSlot: 1},
    symbols={Content: 6, Checksum: 4},
    properties=[
        p1_node_outlives_page,
        p2_no_downgrade,
        p3_ksm_invisible,
        p5_refcount_covers,
        p6_mapcount_exact,
        p9_writable_exclusive,
        p12_rmap_complete,
        p23_mlocked_for_a_vma,
        p23_not_freed_mlocked,
        p23_nr_mlock_exact,
    ],
    expected=[
        Expect(verdict="holds"),
        Expect(without=["munlock-replaced"], verdict="violated", property="p23_mlocked_for_a_vma"),
        Expect(
            set={"stores": 1, "passes": 0}, verdict="violated", property="p23_mlocked_for_a_vma"
        ),
        Expect(set={"stores": 1}, verdict="violated", property="p23_mlocked_for_a_vma"),
    ],
)
