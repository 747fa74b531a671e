"""All five actors at once: ksmd, a faulting thread, reclaim, migration, exit and fork.

Kernel: v3.9, whose guards close what the smaller scenarios show; what they leave open (KSM.md
    entries 22 and 23) is about walks that miss a pte, which is not asked here.
Source: all of models/kernel/.
Question: does what the small scenarios show one by one hold for all actors together?
Keeps: mm1 and mm2 with equal pages of two anon_vmas, both registered; ksmd, which never stops; F,
    a thread of mm1 that stores; R, reclaim with writing; G, which moves any page; Y, which lets mm2
    exit and forks mm1 into a new mm of that name once the old one's last reference has gone.
Abstracts: see the routines. Each actor can be switched off, and its number of rounds be bounded.
Not covered: madvise, run=2, swapoff, get_user_pages, memcg and mlock: scenarios of their own.
Result: no violation. Sixty seconds do not exhaust the scenario as written (ksmd without end, one
    round of every other actor): 42,696,755 states, depth 75, native engine, one worker, on a
    machine with other work. Exhausted without reductions: ksmd without end, a store, exit and fork
    (11,007,111 states); one page of ksmd, a store, a page each of reclaim and migration
    (21,500,622), two pages of ksmd and no store (1,931,606); three pages of ksmd, migration, exit
    and fork (8,227,496), the same with reclaim in place of migration (3,671,248). In all but the
    8,227,496 some property's witness is out of reach. One page of ksmd, reclaim, migration, exit
    and fork is more than 40,868,032 states.
"""

from __future__ import annotations

from ksmcheck.lang import (
    Expect,
    actor,
    choose,
    instance,
    parameter,
    pool,
    scenario,
    setup,
    wait_until,
)
from models.kernel.fork import fork
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
from models.kernel.memory import user_write
from models.kernel.migrate import migrate_pages
from models.kernel.objects import AnonVma, Mm, Page, RmapItem, StableNode, SwapSlot
from models.kernel.patches import PATCHES
from models.kernel.vmscan import shrink_inactive_list
from properties.exit import p19_no_touch_after_exit
from properties.functional import p3_ksm_invisible
from properties.ksm import (
    p1_node_outlives_page,
    p2_no_downgrade,
    p11_item_pins_anon_vma,
    p13_nobody_walks,
    p14_keyhole_sound,
    p17_item_has_node,
)
from properties.migration import p21_entries_resolved
from properties.refcounts import p5_refcount_covers, p6_mapcount_exact, p7_swapcount_exact
from properties.sharing import p9_writable_exclusive
from properties.slots import p18_cursor_live, p18_hashed_is_listed, p18_slot_pins_mm

scans = parameter(0, "pages that ksmd takes up; 0: it never stops", at_least=0, at_most=15)
stores = parameter(1, "stores of mm1's thread", at_least=0, at_most=3)
reclaims = parameter(1, "pages that reclaim tries", at_least=0, at_most=3)
moves = parameter(1, "pages that migration tries", at_least=0, at_most=3)
exits = parameter(1, "1: mm2 exits and mm1 forks", at_least=0, at_most=1)
pages = parameter(3, "page frames", at_least=3, at_most=5)

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
    ksm_init()
    forget_mappings()
    start_registered(mm2, av2, slot2)
    start_registered(mm1, av1, slot1)
    map_anon_page(mm1, p, 1)
    map_anon_page(mm2, q, 1)
    p.lru = True
    q.lru = True
    seen_once(mm1, slot1, r1)
    seen_in_this_pass(mm2, slot2, r2)
    cursor_at(slot1)


@actor(daemon=True)
def ksmd() -> None:
    """The scanner."""
    if scans == 0:
        while True:
            ksm_scan_thread(1)
    for _ in range(scans):
        ksm_scan_thread(1)


@actor
def F() -> None:
    """A thread of mm1 stores something else, and the same again."""
    for store in range(stores):
        user_write(mm1, 0, 2 - store % 2)


@actor(daemon=True)
def R() -> None:
    """Reclaim."""
    for _ in range(reclaims):
        shrink_inactive_list(True)


@actor(daemon=True)
def G() -> None:
    """Migration moves pages."""
    for _ in range(moves):
        migrate_pages(choose(pool(Page)), False)


@actor(daemon=True)
def Y() -> None:
    """The last thread of mm2 exits; the one of mm1 forks."""
    if exits == 1:
        mmput(mm2)
        wait_until(mm2.mm_count == 0)
        fork(mm1, mm2)


scenario(
    question="Does what the small scenarios show one by one hold for all actors together?",
    kernel="v3.9",
    patches=PATCHES,
    config=["CONFIG_KSM"],
    pools={Page: pages, RmapItem: 2, StableNode: 1, MmSlot: 4, SwapSlot: 1},
    properties=[
        p1_node_outlives_page,
        p2_no_downgrade,
        p3_ksm_invisible,
        p5_refcount_covers,
        p6_mapcount_exact,
        p7_swapcount_exact,
        p9_writable_exclusive,
        p11_item_pins_anon_vma,
        p13_nobody_walks,
        p14_keyhole_sound,
        p17_item_has_node,
        p18_cursor_live,
        p18_hashed_is_listed,
        p18_slot_pins_mm,
        p19_no_touch_after_exit,
        p21_entries_resolved,
    ],
    expected=[
        Expect(
            set={"scans": 3, "stores": 0, "reclaims": 0},
            verdict="holds",
        ),
    ],
)
