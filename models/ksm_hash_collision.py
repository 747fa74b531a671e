"""A page changes between two passes of ksmd, and its checksum does not.

Kernel: v2.6.33 and after.
Source: mm/ksm.c (cmp_and_merge_page, calc_checksum, unstable_tree_search_insert).
Question: does a page that enters the unstable tree have the content of the pass before?
Keeps: mm1 and mm2 with a page each, which ksmd has seen once; a store to mm1's page since; ksmd,
    which makes one pass. All contents are unknowns, and of a checksum only this is known: one
    content has one.
Abstracts: see models/kernel/ksm_cmp.py, ksm_compare.py.
Not covered: what becomes of such a page: nothing bad, for ksmd compares contents before it merges
    (stable_tree_any_content explores that with the same checksums).
Result: violated: two contents with one checksum. That is what the checksum is: a guess.
"""

from __future__ import annotations

from ksmcheck.lang import (
    Expect,
    Ghost,
    actor,
    fresh,
    instance,
    invariant,
    scenario,
    setup,
    witness,
)
from models.kernel.ksm_lists import MmSlot, ksm_init
from models.kernel.ksm_scan import ksm_scan_thread
from models.kernel.ksm_start import forget_mappings, map_anon_page, seen_once, start_registered
from models.kernel.ksm_trees import root_unstable_tree
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
from properties.refcounts import p6_mapcount_exact

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
seen: Ghost[Content]
"""What mm1's page held when ksmd came by."""


@setup
def stored_since() -> None:
    """ksmd has seen both pages, and then mm1 has stored something else, or the same."""
    global seen
    ksm_init()
    forget_mappings()
    start_registered(mm1, av1, slot1)
    start_registered(mm2, av2, slot2)
    map_anon_page(mm1, p, fresh(Content))
    map_anon_page(mm2, q, fresh(Content))
    seen_once(mm1, slot1, r1)
    seen_once(mm2, slot2, r2)
    seen = p.content
    p.content = fresh(Content)
    mm1.shadow[0] = p.content


@actor
def ksmd() -> None:
    """The scanner."""
    ksm_scan_thread(15)


@invariant(source="mm/ksm.c, cmp_and_merge_page: the comment on the checksum")
def unchanged_enters_the_unstable_tree() -> bool:
    """A page that enters the unstable tree has the content of the pass before."""
    return r1 not in root_unstable_tree or p.content == seen


@witness(unchanged_enters_the_unstable_tree)
def in_the_tree() -> bool:
    return r1 in root_unstable_tree


scenario(
    question="Does a page that enters the unstable tree have the content of the pass before?",
    kernel="v2.6.33",
    patches=PATCHES,
    config=["CONFIG_KSM"],
    pools={Page: 4, StableNode: 1, SwapSlot: 1},
    symbols={Content: 6, Checksum: 4},
    properties=[p3_ksm_invisible, p6_mapcount_exact, unchanged_enters_the_unstable_tree],
    expected=[Expect(verdict="violated", property="unchanged_enters_the_unstable_tree")],
)
