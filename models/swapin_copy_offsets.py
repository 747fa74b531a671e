"""A page in the swap cache belongs to one place of an anon_vma, and is faulted in at two.

Kernel: v2.6.33 and after (ksm_might_need_to_copy). KSM.md entries 27 and 32, for every layout.
Source: mm/memory.c (do_swap_page), include/linux/ksm.h (ksm_might_need_to_copy), mm/rmap.c
    (page_add_anon_rmap).
Question: is a page that was swapped in found from its anon_vma and index, wherever the vmas are?
Keeps: mm1 and mm2, whose ptes hold one swap entry, as they do when a KSM page was swapped out; its
    page in the swap cache, which belongs to mm2's place already; vmas of one anon_vma or of two, at
    any offset: vm_pgoff is an unknown integer of each. A and B fault, B for writing if it likes.
Abstracts: one address for each vma, so that a page's index is where its only pte is.
Not covered: reclaim and reuse of the slot (swapin_race), which needs no second offset.
Result: holds (6,004 states) for every pair of offsets. Without the comparison of the index in
    ksm_might_need_to_copy, p12_index_leads_to_pte is violated.
"""

from __future__ import annotations

from ksmcheck.lang import (
    Expect,
    actor,
    choose,
    end_property,
    fresh,
    instance,
    predicate,
    refcount_set,
    scenario,
    setup,
    witness,
)
from models.kernel.ksm_start import map_vma, start_mm
from models.kernel.memory import user_read, user_write
from models.kernel.objects import (
    Anon,
    AnonVma,
    Mm,
    Page,
    PageOffset,
    Present,
    RmapItem,
    StableNode,
    Swapped,
    SwapSlot,
)
from models.kernel.patches import PATCHES
from properties.functional import p3_ksm_invisible
from properties.refcounts import p6_mapcount_exact, p7_swapcount_exact
from properties.sharing import p9_writable_exclusive

mm1 = instance(Mm)
mm2 = instance(Mm)
av1 = instance(AnonVma)
av2 = instance(AnonVma)
s1 = instance(SwapSlot)
p = instance(Page)


@setup
def swapped_out() -> None:
    """Both ptes hold s1; its page was last mapped by mm2."""
    start_mm(mm1)
    start_mm(mm2)
    map_vma(mm1, av1)
    if choose(False, True):
        map_vma(mm2, av1)
    else:
        map_vma(mm2, av2)
    mm1.pgoff = fresh(PageOffset)
    mm2.pgoff = fresh(PageOffset)
    mm1.table[0] = Swapped(s1)
    mm2.table[0] = Swapped(s1)
    mm1.shadow[0] = 1
    mm2.shadow[0] = 1
    s1.count = 2
    s1.has_cache = True
    s1.page = p
    s1.disk = 1
    anon_vma = mm2.anon_vma
    assert anon_vma is not None, "map_vma comes first"
    p.mapping = Anon(anon_vma)
    p.index = mm2.pgoff
    p.private = s1
    p.content = 1
    p.lru = True
    refcount_set(p.refcount, 1)


@actor
def A() -> None:
    """A thread of mm1 reads."""
    user_read(mm1, 0)


@actor
def B() -> None:
    """A thread of mm2 reads, or writes."""
    if choose(False, True):
        user_write(mm2, 0, 2)
    else:
        user_read(mm2, 0)


@predicate
def maps(mm: Mm, page: Page) -> bool:
    """The mm's pte maps the page."""
    match mm.table[0]:
        case Present(mapped, _, _):
            return mapped == page
        case _:
            return False


@end_property(source="5ad6468801d2; KSM.md P12 and entry 32")
def p12_index_leads_to_pte(mm: Mm, page: Page) -> bool:
    """Every pte is where its page's anon_vma and index lead to."""
    match page.mapping:
        case Anon(anon_vma):
            return not maps(mm, page) or (anon_vma == mm.anon_vma and page.index == mm.pgoff)
        case _:
            return not maps(mm, page)


@witness(p12_index_leads_to_pte)
def two_vmas_share(mm: Mm, page: Page) -> bool:
    return mm == mm1 and maps(mm1, page) and maps(mm2, page)


@end_property(source="5ad6468801d2: the copy")
def copies_have_one_pte(page: Page) -> bool:
    """A page that is not in the swap cache has one pte."""
    return page.private is not None or page.mapcount <= 1 or page == p


@witness(copies_have_one_pte)
def a_copy(page: Page) -> bool:
    return page != p and maps(mm1, page)


scenario(
    question="Is a page found from its anon_vma and index, wherever the vmas are?",
    kernel="v2.6.36",
    patches=PATCHES,
    config=["CONFIG_KSM"],
    pools={Page: 3, StableNode: 1, RmapItem: 1},
    symbols={PageOffset: 6},
    properties=[
        p12_index_leads_to_pte,
        copies_have_one_pte,
        p3_ksm_invisible,
        p6_mapcount_exact,
        p7_swapcount_exact,
        p9_writable_exclusive,
    ],
    expected=[Expect(verdict="holds")],
)
