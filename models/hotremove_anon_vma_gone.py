"""Memory hotremove moves a page whose only mm exits meanwhile; the anon_vma goes with it.

Kernel: v2.6.34, v2.6.35, v2.6.38. Guards: anon-vma-ref-migration (3f6c82728f4e), which is not
    enough without recheck-mapped (f18194275c39) and migration-locks-anon-vma (1ce82b69e96c).
    KSM.md entry 20.
Source: mm/migrate.c (unmap_and_move, remove_migration_ptes), mm/rmap.c (rmap_walk_anon,
    anon_vma_unlink), mm/memory_hotplug.c, kernel/fork.c (mmput).
Question: can migration restore ptes through an anon_vma that has been freed?
Keeps: mm1 with a page of its own; X, its last thread, which exits, with no mmap_sem that G would
    hold; G, which moves the page away from a frame that is to be taken out. G is in an RCU section,
    which keeps the slab page of the anon_vma, not the anon_vma.
Abstracts: see models/kernel/migrate.py, hotplug.py, anon_vma.py. KSM is configured and idle.
Not covered: another family that gets the anon_vma: the first lock after the free is the error.
Result: v2.6.34 violated after 37 steps (p11): X frees the anon_vma, whose list is empty, when G
    has seen the page mapped, and remove_migration_ptes locks it. It is the race that e9995ef978a7
    admits. v2.6.35 is violated as well, after 47 steps: between G's look at the mapcount and its
    reference X goes all the way to the free. KSM.md takes the reference for the fix; the kernel
    gave it the anon_vma's lock in v2.6.38, which holds (1,780 states). The lock alone is no help
    (49 steps) without the second look at the mapcount that page_lock_anon_vma has since v2.6.36.
"""

from __future__ import annotations

from ksmcheck.lang import Expect, actor, instance, scenario, setup
from models.kernel.hotplug import offline_pages
from models.kernel.ksm_lists import ksm_init
from models.kernel.ksm_slots import mmput
from models.kernel.ksm_start import forget_mappings, map_anon_page, map_vma, start_mm
from models.kernel.objects import AnonVma, Mm, Page, RmapItem, StableNode, SwapSlot
from models.kernel.patches import PATCHES
from models.kernel.rmap_watch import RmapWatch
from properties.functional import p3_ksm_invisible
from properties.migration import p11_walk_of_live_anon_vma, p21_entries_resolved
from properties.refcounts import p5_refcount_covers, p6_mapcount_exact
from properties.rmap import p12_rmap_complete

GONE = "p11_walk_of_live_anon_vma"

mm1 = instance(Mm)
av1 = instance(AnonVma)
p = instance(Page)
watch = instance(RmapWatch)


@setup
def alone() -> None:
    """mm1 maps a page that reclaim and migration can find."""
    ksm_init()
    start_mm(mm1)
    forget_mappings()
    map_vma(mm1, av1)
    map_anon_page(mm1, p, 1)
    p.lru = True


@actor
def X() -> None:
    """The last thread of mm1 exits."""
    mmput(mm1)


@actor
def G() -> None:
    """Takes the frame out."""
    offline_pages(p)


scenario(
    question="Can migration restore ptes through an anon_vma that has been freed?",
    kernel="v2.6.34",
    patches=PATCHES,
    config=["CONFIG_KSM"],
    pools={Page: 2, SwapSlot: 1, StableNode: 1, RmapItem: 1},
    properties=[
        p3_ksm_invisible,
        p5_refcount_covers,
        p6_mapcount_exact,
        p11_walk_of_live_anon_vma,
        p12_rmap_complete,
        p21_entries_resolved,
    ],
    expected=[
        Expect(verdict="violated", property=GONE),
        Expect(kernel="v2.6.35", verdict="violated", property=GONE),
        Expect(kernel="v2.6.38", verdict="holds"),
        Expect(
            kernel="v2.6.38",
            without=["recheck-mapped"],
            verdict="violated",
            property=GONE,
        ),
        Expect(
            kernel="v2.6.38",
            without=["migration-locks-anon-vma"],
            verdict="violated",
            property=GONE,
        ),
    ],
)
