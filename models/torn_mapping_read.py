"""page_referenced finds the anon_vma of a page that becomes a KSM page in that moment.

Kernel: v2.6.33. Guard: single-load, in the kernel with 80e148226028. KSM.md entry 15.
Source: mm/rmap.c (page_referenced, page_lock_anon_vma), mm/ksm.c (try_to_merge_two_pages,
    try_to_merge_one_page, stable_tree_insert, stable_tree_append).
Question: can page_lock_anon_vma take something else for an anon_vma?
Keeps: mm1 and mm2 with equal pages; ksmd, which merges them; R, which looks for references to
    mm1's page without the page lock, as the scan of the active list does.
Abstracts: see models/kernel/anon_vma.py and ksm_merge.py. That the two items have met in the
    unstable tree is the setup's.
Not covered: torn loads of half a pointer; page_referenced with the page lock held.
Result: v2.6.33 holds (1,665 states). Without single-load violated after 25 steps: the plain load
    races with the upgrade; with --disable-check data-race after 29 steps, when the word that is
    used for the pointer is a KSM page's (out-of-range). reloads=1 violated after 77 steps, with
    the guard: p13, see models/README.md.
"""

from __future__ import annotations

from ksmcheck.lang import Expect, actor, instance, mutex_lock, parameter, scenario, setup
from models.kernel.ksm_cmp import merge_two_pages
from models.kernel.ksm_lists import ksm_init, ksm_thread_mutex
from models.kernel.ksm_start import forget_mappings, map_anon_page, map_vma, start_item, start_mm
from models.kernel.memory import follow_page
from models.kernel.objects import AnonVma, Mm, Page, RmapItem, StableNode, SwapSlot
from models.kernel.page import put_page
from models.kernel.patches import PATCHES
from models.kernel.unmap import page_referenced
from properties.functional import p3_ksm_invisible, p29_isolation
from properties.immutable import p10_content_stays, p10_no_way_to_write
from properties.ksm import (
    p1_node_outlives_page,
    p2_no_downgrade,
    p13_nobody_walks,
    p17_item_has_node,
)
from properties.refcounts import p5_refcount_covers, p6_mapcount_exact
from properties.sharing import p9_writable_exclusive
from properties.trees import p17_counters

reloads = parameter(0, "1: page_referenced loads page->mapping twice", at_least=0, at_most=1)

mm1 = instance(Mm)
mm2 = instance(Mm)
av1 = instance(AnonVma)
av2 = instance(AnonVma)
p = instance(Page)
q = instance(Page)
r1 = instance(RmapItem)
r2 = instance(RmapItem)


@setup
def two_equal_pages() -> None:
    """mm1 and mm2 have stored the same."""
    ksm_init()
    start_mm(mm1)
    start_mm(mm2)
    map_vma(mm1, av1)
    map_vma(mm2, av2)
    mm1.vma_mergeable = True
    mm2.vma_mergeable = True
    forget_mappings()
    map_anon_page(mm1, p, 1)
    map_anon_page(mm2, q, 1)
    start_item(r1, mm1)
    start_item(r2, mm2)


@actor
def ksmd() -> None:
    """Merges the two pages."""
    with mutex_lock(ksm_thread_mutex):
        page = follow_page(mm1, 0)
        if page is None:
            return
        tree_page = follow_page(mm2, 0)
        if tree_page is not None:
            merge_two_pages(r1, page, r2, tree_page)
        put_page(page)


@actor
def R() -> None:
    """The scan of the active list: asks for references, with no lock on the page."""
    page_referenced(p, False, reloads == 1)


scenario(
    question="Can page_lock_anon_vma take a stable_node for an anon_vma?",
    kernel="v2.6.33",
    patches=PATCHES,
    config=["CONFIG_KSM"],
    pools={Page: 3, StableNode: 1, SwapSlot: 1},
    properties=[
        p1_node_outlives_page,
        p2_no_downgrade,
        p3_ksm_invisible,
        p5_refcount_covers,
        p6_mapcount_exact,
        p9_writable_exclusive,
        p10_no_way_to_write,
        p10_content_stays,
        p13_nobody_walks,
        p17_item_has_node,
        p17_counters,
        p29_isolation,
    ],
    expected=[
        Expect(verdict="holds"),
        Expect(without=["single-load"], verdict="violated", property="data-race"),
        Expect(set={"reloads": 1}, verdict="violated", property="p13_nobody_walks"),
    ],
)
