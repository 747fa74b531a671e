"""A swap-in copies an ex-KSM page: under whose anon_vma is the copy filed?

Kernel: v2.6.36; v3.9 with exksm-copy-new-rmap (af34770e55ea, the 2012 patch). KSM.md entry 32.
Source: mm/memory.c (do_swap_page), mm/rmap.c (__page_set_anon_rmap, page_add_new_anon_rmap),
    mm/ksm.c (ksm_might_need_to_copy, ksm_does_need_to_copy), mm/vmscan.c.
Question: does a walk from the copy look at more vmas than the one that has it?
Keeps: mm0 and its child mm1 with an anon_vma of its own below mm0's, mm2 of another family. A page
    in the swap cache whose slot mm1 holds, too: of mm2, or (`moved` = 1) of mm0, whose vma has been
    moved since, so that it has another offset. F1, the thread of mm1, loads or stores 2; F2, the
    owner of the page, loads; R tries to reclaim one page, the copy as well.
Abstracts: see models/kernel/vma_place.py.
Not covered: page_move_anon_rmap (v2.6.34), the cost of a walk.
Result: v2.6.36 violated after 26 steps (moved=1: 27): a copy that a load brings in is filed under
    mm0's anon_vma. All other properties hold (28,138 and 28,497 states with --all): the walk finds
    the pte, after it has looked at mm0. v3.9 holds (25,040 states; moved=1: 25,399).
Story: the commit's, and no race: F1 alone is enough. A store files the copy rightly in v2.6.36.
"""

from __future__ import annotations

from ksmcheck.lang import Expect, actor, choose, instance, parameter, scenario, setup
from models.kernel.ksm_start import cache_swapped_page, forget_mappings, map_vma, start_mm
from models.kernel.memory import user_read, user_write
from models.kernel.objects import (
    AnonVma,
    Mm,
    Page,
    RmapItem,
    StableNode,
    Swapped,
    SwapSlot,
)
from models.kernel.patches import PATCHES
from models.kernel.rmap_watch import RmapWatch
from models.kernel.vmscan import shrink_inactive_list
from properties.dirty import p26_dropped_clean
from properties.functional import p3_ksm_invisible, p29_isolation
from properties.refcounts import p5_refcount_covers, p6_mapcount_exact, p7_swapcount_exact
from properties.rmap import (
    p12_copy_is_the_vmas_own,
    p12_pte_is_where_page_says,
    p12_rmap_complete,
)
from properties.sharing import p9_writable_exclusive
from properties.swapcache import p8_swapcache_bijection

moved = parameter(0, "the page is 0: a stranger's, 1: the parent's, moved", at_least=0, at_most=1)

mm0 = instance(Mm)
mm1 = instance(Mm)
mm2 = instance(Mm)
av0 = instance(AnonVma)
av1 = instance(AnonVma)
av2 = instance(AnonVma)
s1 = instance(SwapSlot)
p = instance(Page)
watch = instance(RmapWatch)


@setup
def swapped_out() -> None:
    """mm1 and the owner hold s1, whose page is the owner's."""
    forget_mappings()
    start_mm(mm0)
    start_mm(mm1)
    start_mm(mm2)
    map_vma(mm0, av0)
    map_vma(mm1, av1)
    map_vma(mm2, av2)
    av1.root = av0
    av0.vmas.add(mm1)
    if moved == 1:
        mm0.pgoff = 1
        p.index = 1
        cache_swapped_page(mm0, p, s1, 1)
    else:
        cache_swapped_page(mm2, p, s1, 1)
    mm1.table[0] = Swapped(s1)
    mm1.shadow[0] = 1
    s1.count = 2


@actor
def F1() -> None:
    """The thread of mm1: loads, or stores 2."""
    if choose(False, True):
        user_write(mm1, 0, 2)
    else:
        user_read(mm1, 0)


@actor
def F2() -> None:
    """The thread of the page's owner: loads."""
    user_read(mm0 if moved == 1 else mm2, 0)


@actor(daemon=True)
def R() -> None:
    """Reclaim."""
    shrink_inactive_list(False)


scenario(
    question="Does a walk from a copy made at a swap-in look at vmas that cannot have it?",
    kernel="v2.6.36",
    patches=PATCHES,
    config=["CONFIG_KSM", "anon-vma-families"],
    pools={Page: 3, RmapItem: 1, StableNode: 1},
    properties=[
        p3_ksm_invisible,
        p5_refcount_covers,
        p6_mapcount_exact,
        p7_swapcount_exact,
        p8_swapcache_bijection,
        p9_writable_exclusive,
        p12_copy_is_the_vmas_own,
        p12_pte_is_where_page_says,
        p12_rmap_complete,
        p26_dropped_clean,
        p29_isolation,
    ],
    expected=[
        Expect(verdict="violated", property="p12_copy_is_the_vmas_own"),
        Expect(set={"moved": 1}, verdict="violated", property="p12_copy_is_the_vmas_own"),
        Expect(kernel="v3.9", verdict="holds"),
        Expect(kernel="v3.9", set={"moved": 1}, verdict="holds"),
    ],
)
