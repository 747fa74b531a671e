"""ksmd comes to a page that a device is to write to and that no pte can be written through.

Kernel: v2.6.33 to v3.9 and after. No guard here closes it. A question of KSM.md's: is the page
    count really compared in every case in which write_protect_page reports success?
Source: mm/ksm.c (write_protect_page), mm/vmscan.c, mm/memory.c (do_swap_page), arch/x86/mm/gup.c.
Question: can a page become a KSM page while somebody holds it for writing?
Keeps: mm1, whose page is taken by D for direct I/O, whose device then stores 2; R, reclaim, which
    may turn the pte into a swap entry, but not free the page; F, another thread of mm1, which
    reads, and so maps the page again, read-only; mm2 with an equal page, which ksmd has seen in
    this pass; ksmd, which comes to mm1.
Abstracts: see models/kernel/gup.py, ksm_cmp.py, vmscan.py.
Not covered: the other half, in which the page gives way to a KSM page (pinned_page_merged); fork,
    which makes a pte read-only in one step of its own; PG_anon_exclusive (v5.19), by which later
    kernels know an exclusive page behind a read-only pte.
Result: v2.6.36 violated after 96 steps (p10), and v2.6.33 after 94: write_protect_page compares the
    counts only where the pte is writable, or dirty since v2.6.36. Reclaim takes the dirty bit with
    the pte of a page that it cannot free for the pin, the read brings the page back clean and
    read-only, and ksmd makes it a KSM page. With --all the content changes after 97 steps and mm2
    reads what the device stored for mm1 after 130 (p10, p3). Without reclaim: holds. No commit of
    the time is known to speak of it.
"""

from __future__ import annotations

from ksmcheck.lang import Expect, actor, instance, parameter, scenario, setup
from models.kernel.gup import dma_to_page, get_user_pages_fast
from models.kernel.ksm_lists import MmSlot, ksm_init
from models.kernel.ksm_scan import ksm_scan_thread
from models.kernel.ksm_start import (
    cursor_at,
    forget_mappings,
    map_anon_page,
    seen_in_this_pass,
    seen_once,
    start_registered,
)
from models.kernel.memory import user_read
from models.kernel.objects import AnonVma, Mm, Page, RmapItem, StableNode, SwapSlot
from models.kernel.patches import PATCHES
from models.kernel.tlb import Cpu
from models.kernel.vmscan import shrink_inactive_list
from properties.functional import p3_ksm_invisible
from properties.immutable import p10_content_stays, p10_no_way_to_write
from properties.ksm import p1_node_outlives_page, p2_no_downgrade
from properties.refcounts import p5_refcount_covers, p6_mapcount_exact

swaps = parameter(1, "1: reclaim is at work", at_least=0, at_most=1)

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
cpu_d = instance(Cpu)


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
    seen_once(mm1, slot1, r1)
    seen_in_this_pass(mm2, slot2, r2)
    cursor_at(slot1)
    cpu_d.mm = mm1


@actor
def D() -> None:
    """Direct I/O of mm1: the device stores 2."""
    page = get_user_pages_fast(cpu_d, mm1, 0)
    if page is not None:
        dma_to_page(page, mm1, 0, 2)


@actor(daemon=True)
def R() -> None:
    """Reclaim tries mm1's page."""
    if swaps == 1:
        shrink_inactive_list(False)


@actor
def F() -> None:
    """A thread of mm1 reads."""
    user_read(mm1, 0)


@actor(daemon=True)
def ksmd() -> None:
    """The scanner."""
    ksm_scan_thread()


scenario(
    question="Can a page become a KSM page while somebody holds it for writing?",
    kernel="v2.6.36",
    patches=PATCHES,
    config=["CONFIG_KSM"],
    pools={Page: 3, StableNode: 1, SwapSlot: 1},
    properties=[
        p1_node_outlives_page,
        p2_no_downgrade,
        p3_ksm_invisible,
        p5_refcount_covers,
        p6_mapcount_exact,
        p10_content_stays,
        p10_no_way_to_write,
    ],
    expected=[
        Expect(verdict="violated", property="p10_no_way_to_write"),
        Expect(set={"swaps": 0}, verdict="holds"),
    ],
)
