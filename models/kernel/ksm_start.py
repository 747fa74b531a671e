"""What scenarios' setups are made of: mms that run, are registered, and share a KSM page.

Kernel: v2.6.33.
Source: the states that mm/ksm.c and kernel/fork.c leave behind; no code of theirs.
Question: none; for setups only, where everything is one step and no lock is taken.
Keeps: every count, pointer and list as the kernel's own routines would have left them.
Abstracts: how it came to be.
Not covered: several items in the unstable tree.
"""

from __future__ import annotations

from ksmcheck.lang import configured, patched, pool, refcount_inc, refcount_set, routine
from models.kernel.hlist import hlist_add_head
from models.kernel.ksm_compare import calc_checksum
from models.kernel.ksm_lists import (
    ListOf,
    MmSlot,
    ksm_mm_head,
    ksm_scan,
    list_add_tail,
    mm_slots_hash,
)
from models.kernel.ksm_trees import count_listed, root_stable_tree, unstable_tree_link
from models.kernel.objects import (
    INITIAL,
    Anon,
    AnonVma,
    Content,
    HlistEnd,
    Ksm,
    Mm,
    NoMapping,
    NoPte,
    Page,
    Present,
    RmapItem,
    StableNode,
    Swapped,
    SwapSlot,
    Tree,
)
from models.kernel.page import mod_nr_mlock


@routine
def start_mm(mm: Mm) -> None:
    """A process with one thread and nothing mapped."""
    refcount_set(mm.mm_users, 1)
    refcount_set(mm.mm_count, 1)


@routine
def map_vma(mm: Mm, anon_vma: AnonVma) -> None:
    """Its only vma."""
    mm.anon_vma = anon_vma
    anon_vma.vmas.add(mm)


@routine
def register_mm(mm: Mm, mm_slot: MmSlot) -> None:
    """MADV_MERGEABLE has been called: the slot is the last of the list."""
    mm_slot.mm = mm
    mm_slots_hash.add(mm_slot)
    list_add_tail(mm_slot, ksm_mm_head)
    mm.mmf_vm_mergeable = True
    mm.vma_mergeable = True
    refcount_inc(mm.mm_count)


@routine
def forget_mappings() -> None:
    """Free frames belong to nobody."""
    assert configured("CONFIG_KSM"), "page.mapping is stored with config=['CONFIG_KSM'] only"
    for page in pool(Page):
        page.mapping = NoMapping()


@routine
def map_anon_page(mm: Mm, page: Page, content: Content) -> None:
    """The mm has stored something at its address 0. On a pagevec: reclaim cannot find the page."""
    anon_vma = mm.anon_vma
    assert anon_vma is not None, "map_vma comes first"
    page.mapping = Anon(anon_vma)
    page.content = content
    page.mapcount = 1
    refcount_set(page.refcount, 1)
    mm.table[0] = Present(page, True, True)
    mm.shadow[0] = content


@routine
def fork_anon_page(parent: Mm, mm: Mm, page: Page) -> None:
    """The parent has forked: the page is mapped in both, and neither may write to it."""
    page.mapcount += 1
    refcount_set(page.refcount, page.refcount + 1)
    parent.table[0] = Present(page, False, True)
    mm.table[0] = Present(page, False, True)
    mm.shadow[0] = parent.shadow[0]


@routine
def mlock_page(mm: Mm, page: Page) -> None:
    """The mm has called mlock: its page is on the unevictable list."""
    mm.vma_locked = True
    page.mlocked = True
    page.lru = True
    page.unevictable = True
    mod_nr_mlock(1)


@routine
def start_item(rmap_item: RmapItem, mm: Mm) -> None:
    """An item of the mm's address 0, in no tree."""
    rmap_item.mm = mm
    rmap_item.tree = Tree.NONE


@routine
def swap_out(stable_node: StableNode, slot: SwapSlot) -> None:
    """The node's page is in the swap cache, and clean."""
    page = stable_node.kpfn
    page.private = slot
    refcount_set(page.refcount, page.refcount + 1)
    slot.page = page
    slot.has_cache = True
    slot.disk = page.content


@routine
def cache_swapped_page(mm: Mm, page: Page, slot: SwapSlot, content: Content) -> None:
    """The mm's page of its address 0 is swapped out: clean, in the swap cache, held by one pte."""
    anon_vma = mm.anon_vma
    assert anon_vma is not None, "map_vma comes first"
    page.mapping = Anon(anon_vma)
    page.content = content
    page.lru = True
    page.private = slot
    refcount_set(page.refcount, 1)
    slot.page = page
    slot.has_cache = True
    slot.count = 1
    slot.disk = content
    mm.table[0] = Swapped(slot)
    mm.shadow[0] = content


@routine
def make_ksm_page(page: Page, stable_node: StableNode, content: Content) -> None:
    """A KSM page with a node, and no pte yet; in the order of contents, if there are several."""
    page.content = content
    page.lru = patched("ksm-swappable")
    stable_node.kpfn = page
    stable_node.first = HlistEnd()
    stable_node.place = len(root_stable_tree)
    root_stable_tree.add(stable_node)
    if patched("node-points-to-page"):
        if not patched("keyhole-reference"):
            refcount_set(page.refcount, page.refcount + 1)
        page.mapping = Ksm(stable_node)
    else:
        page.mapping = Ksm(None)
    page.upgraded = True
    page.keyed = stable_node


@routine
def map_ksm_page(mm: Mm, mm_slot: MmSlot, rmap_item: RmapItem, stable_node: StableNode) -> None:
    """The mm maps the node's page at its address 0, and an rmap_item says so."""
    page = stable_node.kpfn
    anon_vma = mm.anon_vma
    assert anon_vma is not None, "map_vma comes first"
    rmap_item.mm = mm
    rmap_item.anon_vma = anon_vma
    rmap_item.head = stable_node
    rmap_item.tree = Tree.STABLE
    refcount_set(anon_vma.ksm_refcount, anon_vma.ksm_refcount + 1)
    rmap_item.rmap_list = mm_slot.rmap_list
    mm_slot.rmap_list = rmap_item
    hlist_add_head(rmap_item, stable_node)
    count_listed(rmap_item)
    rmap_item.oldchecksum = calc_checksum(page)
    page.mapcount += 1
    refcount_set(page.refcount, page.refcount + 1)
    mm.table[0] = Present(page, False, False)
    mm.shadow[0] = page.content


@routine
def unmap_ksm_page(mm: Mm, rmap_item: RmapItem) -> None:
    """The mm has unmapped its vma since; the item stays until ksmd comes by."""
    node = rmap_item.head
    assert node is not None, "map_ksm_page comes first"
    page = node.kpfn
    anon_vma = mm.anon_vma
    assert anon_vma is not None, "map_vma comes first"
    anon_vma.vmas.discard(mm)
    mm.anon_vma = None
    mm.vma_mergeable = False
    mm.table[0] = NoPte()
    mm.shadow[0] = INITIAL
    page.mapcount -= 1
    refcount_set(page.refcount, page.refcount - 1)


@routine
def start_registered(mm: Mm, anon_vma: AnonVma, mm_slot: MmSlot) -> None:
    """A process with a mergeable vma."""
    start_mm(mm)
    map_vma(mm, anon_vma)
    register_mm(mm, mm_slot)


@routine
def cursor_at(mm_slot: MmSlot) -> None:
    """ksmd has just come to this slot."""
    ksm_scan.mm_slot = mm_slot
    ksm_scan.address = 0
    ksm_scan.rmap_list = ListOf(mm_slot)


@routine
def seen_once(mm: Mm, mm_slot: MmSlot, rmap_item: RmapItem) -> None:
    """ksmd has come by once: the item knows the page's checksum and is in no tree."""
    rmap_item.mm = mm
    rmap_item.rmap_list = mm_slot.rmap_list
    mm_slot.rmap_list = rmap_item
    match mm.table[0]:
        case Present(page, _, _):
            rmap_item.oldchecksum = calc_checksum(page)
        case Swapped(slot):
            cached = slot.page
            if cached is not None:
                rmap_item.oldchecksum = calc_checksum(cached)
        case _:
            pass


@routine
def seen_in_this_pass(mm: Mm, mm_slot: MmSlot, rmap_item: RmapItem) -> None:
    """ksmd has put the item into the unstable tree; the first one to be there."""
    seen_once(mm, mm_slot, rmap_item)
    rmap_item.tree = Tree.UNSTABLE
    rmap_item.seqnr = ksm_scan.seqnr
    unstable_tree_link(rmap_item, 0)


@routine
def swap_entry(mm: Mm, slot: SwapSlot, content: Content) -> None:
    """The mm's page is behind a swap entry."""
    mm.table[0] = Swapped(slot)
    mm.shadow[0] = content
    slot.count += 1


@routine
def cache_anon_page(page: Page, anon_vma: AnonVma, slot: SwapSlot, content: Content) -> None:
    """An ordinary page that is in the swap cache only, and clean."""
    page.mapping = Anon(anon_vma)
    page.content = content
    page.private = slot
    refcount_set(page.refcount, 1)
    slot.page = page
    slot.has_cache = True
    slot.disk = content


@routine
def read_only(mm: Mm) -> None:
    """The pte has lost its write bit, as after a fork whose other side is gone."""
    match mm.table[0]:
        case Present(page, _, dirty):
            mm.table[0] = Present(page, False, dirty)
        case _:
            pass
