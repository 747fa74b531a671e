"""mremap moves a KSM page to a place where ksmd remembers another one.

Kernel: v2.6.32, v2.6.33. Guards: unmerge-before-move (1ff829957316), and since 08beca44dfb0
    node-points-to-page. KSM.md entry 2.
Source: mm/mremap.c (move_vma), mm/ksm.c (stable_tree_search, get_ksm_page).
Question: can a search of the stable tree come to another page than the node was made for?
Keeps: a process with two areas, x and y, each of which maps a KSM page, with different contents; M,
    its thread, which moves y to the place of x; mm3, whose page has the content of y's; ksmd, which
    has come to mm3 and looks for that content.
Abstracts: see models/kernel/mremap.py, ksm_by_items.py. The areas are two Mm objects.
Not covered: what the move costs the reverse map (P12): the model's walks cannot see it, see
    mremap.py; that is why the guard of v2.6.32 is still there.
Result: v2.6.33 holds (19,826 states), with either guard alone, too. v2.6.32 without its guard
    violated after 79 steps (p14), in the interleaving of the entry: M has unmapped x and moved y's
    page there, and ksmd, which has not come to x again, finds that page by way of x's rmap_item,
    under the node of the page that was there. With the guard it finds none, and the node goes.
    Before 08beca44dfb0 no page points to a node: p1 is vacuous there, all else holds.
"""

from __future__ import annotations

from ksmcheck.lang import Expect, actor, instance, parameter, scenario, setup
from models.kernel.ksm_lists import MmSlot, ksm_init
from models.kernel.ksm_scan import ksm_scan_thread
from models.kernel.ksm_start import (
    cursor_at,
    forget_mappings,
    make_ksm_page,
    map_anon_page,
    map_ksm_page,
    seen_once,
    start_registered,
)
from models.kernel.mremap import mremap
from models.kernel.objects import AnonVma, Mm, Page, RmapItem, StableNode, SwapSlot
from models.kernel.patches import PATCHES
from properties.functional import p3_ksm_invisible, p29_isolation
from properties.immutable import p10_content_stays, p10_no_way_to_write
from properties.ksm import (
    p1_node_outlives_page,
    p2_no_downgrade,
    p11_item_pins_anon_vma,
    p14_keyhole_sound,
)
from properties.refcounts import p5_refcount_covers, p6_mapcount_exact
from properties.sharing import p9_writable_exclusive
from properties.slots import p18_cursor_live, p18_hashed_is_listed
from properties.trees import p15_stale_is_final, p16_stable_tree_order, p17_counters

scans = parameter(1, "pages that ksmd takes up", at_least=1, at_most=3)

x = instance(Mm)
y = instance(Mm)
mm3 = instance(Mm)
avx = instance(AnonVma)
avy = instance(AnonVma)
av3 = instance(AnonVma)
kx = instance(Page)
ky = instance(Page)
q = instance(Page)
nx = instance(StableNode)
ny = instance(StableNode)
rx = instance(RmapItem)
ry = instance(RmapItem)
r3 = instance(RmapItem)
slotx = instance(MmSlot)
sloty = instance(MmSlot)
slot3 = instance(MmSlot)


@setup
def two_areas() -> None:
    """x and y map a KSM page each, and mm3 has a page like y's; ksmd comes to mm3."""
    ksm_init()
    forget_mappings()
    start_registered(x, avx, slotx)
    start_registered(y, avy, sloty)
    start_registered(mm3, av3, slot3)
    make_ksm_page(kx, nx, 1)
    map_ksm_page(x, slotx, rx, nx)
    make_ksm_page(ky, ny, 2)
    map_ksm_page(y, sloty, ry, ny)
    map_anon_page(mm3, q, 2)
    seen_once(mm3, slot3, r3)
    cursor_at(slot3)


@actor
def M() -> None:
    """A thread of the process with the two areas."""
    mremap(y, x)


@actor(daemon=True)
def ksmd() -> None:
    """The scanner."""
    ksm_scan_thread(scans)


scenario(
    question="Can a search of the stable tree come to another page than the node was made for?",
    kernel="v2.6.33",
    patches=PATCHES,
    config=["CONFIG_KSM"],
    pools={Page: 4, SwapSlot: 1},
    properties=[
        p1_node_outlives_page,
        p2_no_downgrade,
        p3_ksm_invisible,
        p5_refcount_covers,
        p6_mapcount_exact,
        p9_writable_exclusive,
        p10_no_way_to_write,
        p10_content_stays,
        p11_item_pins_anon_vma,
        p14_keyhole_sound,
        p15_stale_is_final,
        p16_stable_tree_order,
        p17_counters,
        p18_cursor_live,
        p18_hashed_is_listed,
        p29_isolation,
    ],
    expected=[
        Expect(verdict="holds"),
        Expect(without=["unmerge-before-move"], verdict="holds"),
        Expect(kernel="v2.6.32", verdict="vacuous", property="p1_node_outlives_page"),
        Expect(
            kernel="v2.6.32",
            without=["unmerge-before-move"],
            verdict="violated",
            property="p14_keyhole_sound",
        ),
    ],
)
