"""The objects of the memory-management models: pages, page tables, swap slots.

Kernel: v2.6.33 to v6.8, the fields that the modelled routines touch.
Source: include/linux/mm_types.h (struct page, struct mm_struct), include/linux/rmap.h (struct
    anon_vma), include/linux/swap.h, mm/swapfile.c (swap map), mm/swap_state.c (swapper_space).
Question: none; scenarios ask, these files only say what the kernel is made of.
Keeps: one reference count and one count of ptes per page, the page lock, the swap cache in both
    directions (page->private and the tree), the swap map's count and SWAP_HAS_CACHE apart, ptes as
    one word, one page-table lock per mm, the contents of pages and of swap.
Abstracts:
    PG_swapcache is `private is not None`: flag and page->private are set under the page lock before
        the page is in the tree and cleared under page lock and tree_lock together, and nobody who
        is modelled looks without the page lock (the zap of a pte does, and looks again under it).
    A slot's tree entry is one cell of the slot: the radix tree is only ever asked for one slot.
    Contents are symbols where a scenario says so, else small integers, each written by one writer.
Not covered: TLBs (tlb.py), young bits, LRU order and pagevecs, huge pages, more than one anon_vma
    per page, PG_uptodate (a page that is being read is not visible before its content is).
"""

from __future__ import annotations

from typing import Annotated, Final

from ksmcheck.lang import (
    Array,
    BitLock,
    ConfigOption,
    Enum,
    Ghost,
    Max,
    OrderedSymbol,
    Range,
    Refcount,
    RwSem,
    Set,
    Size,
    SpinLock,
    Symbol,
    SymbolicInt,
    Word,
    struct,
)

ADDRESSES: Final = 1
Address = Annotated[int, Range(0, ADDRESSES - 1)]
"""A page-sized piece of an mm's address space, always inside one anonymous, writable vma."""

PageOffset = Annotated[int, SymbolicInt, Range(0, ADDRESSES)]
"""page->index: a place in an anon_vma, which fork and mremap may put at any offset of a vma. Where
a scenario has neither symbols of it nor anon-vma-families, every vma is at offset zero."""

OPTIONS = [
    ConfigOption(
        id="CONFIG_KSM",
        summary="Pages may be KSM pages: page->mapping is stored, and walks are chosen by it.",
    ),
    ConfigOption(
        id="CONFIG_CGROUP_MEM_RES_CTLR",
        summary="Pages are charged to memory control groups (memcontrol.py).",
    ),
    ConfigOption(id="VM_LOCKED", summary="Vmas may be locked in memory (mlock.py)."),
    ConfigOption(
        id="anon-vma-families",
        summary="anon_vmas have roots and vmas offsets: page->index is stored (vma_place.py).",
    ),
]
"""What a scenario may have; the others pay no step for it."""

INITIAL: Final = 0
NEVER_WRITTEN: Final = 4
Content = Annotated[int, OrderedSymbol, Range(INITIAL, NEVER_WRITTEN)]
"""What a page or a slot holds: INITIAL, the value that one of the writers stores (1 to 3), or, in a
slot that no page has been written to, what no mm ever stored."""

Count = Annotated[int, Range(0, 7)]
"""A number of ptes, for properties that count them."""


@struct(typesafe_by_rcu=True)
class AnonVma:
    """struct anon_vma, the root of a family of forked vmas."""

    lock: SpinLock
    ksm_refcount: Annotated[Refcount, Max(3)]
    """The rmap_items that name this anon_vma."""
    vmas: Set[Mm]
    """head: the vmas on the list, each by its mm."""
    root: AnonVma | None
    """The oldest of the family, when that is another one; constant."""


class Mapping(Word):
    """page->mapping of an anonymous page, with its low bits: one word, loaded in one access."""


class Anon(Mapping):
    """PAGE_MAPPING_ANON and the anon_vma."""

    anon_vma: AnonVma


class Ksm(Mapping):
    """PAGE_MAPPING_ANON | PAGE_MAPPING_KSM and the stable_node, or None: no rmap_items yet."""

    node: StableNode | None


class NoMapping(Mapping):
    """NULL."""


@struct(permanent=True)
class Page:
    """struct page: one frame of the memmap, so it can be looked at even when it is free."""

    locked: BitLock
    """PG_locked."""
    refcount: Annotated[Refcount, Max(7)]
    """_count: ptes, the swap cache, and everybody who holds a pointer."""
    mapcount: Annotated[int, Range(0, 3)]
    """_mapcount + 1: the number of ptes."""
    mapping: Mapping
    """Constant, hence free, while no actor of a scenario turns pages into KSM pages."""
    index: PageOffset
    """Where the page belongs in its vma; stored with anon-vma-families only."""
    private: SwapSlot | None
    """page_private, with PG_swapcache: the slot whose swap cache page this is."""
    lru: bool
    """PG_lru: reclaim may find the page."""
    unevictable: bool
    """PG_unevictable: the LRU list that it is on is the one that reclaim leaves alone."""
    mlocked: bool
    """PG_mlocked."""
    dirty: bool
    """PG_dirty: the slot does not hold this content yet."""
    writeback: bool
    """PG_writeback."""
    content: Content
    cgroup: MemCgroup | None
    """page_cgroup: the group that is charged for the page."""
    ksm_copy: Ghost[bool]
    """The page has been made at a swap-in, as a copy of one that was not the vma's."""
    removed: bool
    """The memory has been taken out: there is no struct page any more."""
    walks: Ghost[AnonVma | None]
    """The anon_vma whose vmas migration goes through for this page."""
    source: Ghost[Page | None]
    """What this frame is to become a copy of: whoever finds it waits for its lock."""
    isolated: Ghost[bool]
    """Reclaim has the page in hand, off the LRU."""
    upgraded: Ghost[bool]
    """The frame has become a KSM page since it was allocated."""
    write_pinned: Ghost[bool]
    """Somebody who holds a reference is going to write, past all page tables."""
    write_protected: Ghost[bool]
    """write_protect_page has succeeded, and ksmd compares and replaces."""
    keyed: Ghost[StableNode | None]
    """The stable_node that was made for this page, whatever mapping says."""


@struct(permanent=True)
class SwapSlot:
    """One swp_entry_t: its byte in the swap map, its place in the swap cache, its disk block."""

    count: Annotated[int, Range(0, 3)]
    """swap_count(): the ptes that hold this entry."""
    has_cache: bool
    """SWAP_HAS_CACHE: a page of this slot is in the swap cache, or somebody is about to put one."""
    page: Page | None
    """swapper_space's tree at this entry."""
    disk: Content
    cgroup: MemCgroup | None
    """swap_cgroup: whose the page was that left the swap cache for the disk."""
    going_off: bool
    """The slot's area has lost SWP_WRITEOK: swapoff is at work on it. Constant."""


@struct
class MemCgroup:
    """struct mem_cgroup."""

    usage: Count
    """res: how many pages are charged."""


class Pte(Word):
    """A page-table entry."""


class NoPte(Pte):
    """pte_none."""


class Present(Pte):
    """pte_present: maps a page, writable and dirty or not."""

    page: Page
    write: bool
    dirty: bool


class Swapped(Pte):
    """A swap entry."""

    slot: SwapSlot


class Migrating(Pte):
    """A migration entry: the page is being moved, and the pte was writable before or not."""

    page: Page
    write: bool


@struct
class Mm:
    """struct mm_struct with its only vma."""

    mmap_sem: RwSem
    """Held for reading by a fault from end to end; no step while no actor takes it for writing."""
    ptl: SpinLock
    """The lock of the one page table that covers all addresses of the model."""
    table: Annotated[Array[Pte], Size(ADDRESSES)]
    anon_vma: AnonVma | None
    """vma->anon_vma of the vma; constant until the vma is unmapped."""
    vma_locked: bool
    """The vma has VM_LOCKED."""
    pgoff: PageOffset
    """vma->vm_pgoff: the index of a page at address 0; zero where nothing is stored here."""
    vma_mergeable: bool
    """There is the vma, and it has VM_MERGEABLE."""
    cgroup: MemCgroup | None
    """The memory control group of the mm's owner; constant."""
    mm_users: Annotated[Refcount, Max(3)]
    """Threads; zero means that the mm is exiting (ksm_test_exit)."""
    mm_count: Annotated[Refcount, Max(3)]
    """References to the mm_struct: one for all users together, one for the mm_slot."""
    mmf_vm_mergeable: bool
    """MMF_VM_MERGEABLE in mm->flags: the mm has a slot."""
    unmerged: Ghost[bool]
    """MADV_UNMERGEABLE has succeeded, and MADV_MERGEABLE has not been called since."""
    entered: Ghost[bool]
    """ksmd has found that the mm is not exiting, and has not given mmap_sem back since."""
    exiting: Ghost[bool]
    """exit_mmap has begun."""
    shadow: Ghost[Annotated[Array[Content], Size(ADDRESSES)]]
    """What this mm last wrote at each address."""


class HlistNext(Word):
    """hlist_node.next."""


class HlistEnd(HlistNext):
    """NULL."""


class NextItem(HlistNext):
    """The next rmap_item."""

    item: RmapItem


class PoisonNext(HlistNext):
    """LIST_POISON1: the rmap_item has been taken off its list."""


class HlistPrev(Word):
    """hlist_node.pprev: the address of the pointer that points here."""


class Unhashed(HlistPrev):
    """NULL: never on a list."""


class FirstOf(HlistPrev):
    """The head in a stable_node."""

    node: StableNode


class NextOf(HlistPrev):
    """The next of another rmap_item."""

    item: RmapItem


class PoisonPrev(HlistPrev):
    """LIST_POISON2."""


NODES: Final = 3
Place = Annotated[int, Range(0, NODES)]
"""How many members of a tree come before a place in it."""

SEQNRS: Final = 4
Seqnr = Annotated[int, Range(0, SEQNRS - 1)]
"""A number of passes in the low bits of an address. The kernel keeps eight bits, the model two: an
age above one is an error at once."""

Checksum = Annotated[int, Symbol, Range(INITIAL, NEVER_WRITTEN)]
"""What calc_checksum() makes of a page. Only equality means anything."""


class Tree(Enum):
    """The flags in the low bits of rmap_item.address."""

    NONE = 0
    STABLE = 1
    UNSTABLE = 2


@struct
class StableNode:
    """struct stable_node: a KSM page's place in the stable tree. It holds no reference to it."""

    kpfn: Page
    """The frame; a pfn in the kernel, for a struct page may be gone. Before 08beca44dfb0 a node has
    none: only a scenario's setup stores it then."""
    first: HlistNext
    """hlist.first: the rmap_items that share the page."""
    place: Place
    """rb_node: how many nodes of the stable tree come before this one; zero when it is in none."""
    looked: Ghost[Page | None]
    """What get_ksm_page last returned for this node."""
    stale: Ghost[bool]
    """get_ksm_page has found that the page is gone."""
    walked: Ghost[bool]
    """Somebody goes through the list."""


@struct
class RmapItem:
    """struct rmap_item: one address of one mm that ksmd has seen."""

    mm: Mm | None
    address: Address
    tree: Tree
    seqnr: Seqnr
    """The pass in which the item came into the unstable tree; more low bits of the address."""
    oldchecksum: Checksum
    """The page's checksum when ksmd last came by."""
    place: Place
    """rb_node: how many items of the unstable tree come before this one."""
    rmap_list: RmapItem | None
    """The mm_slot's next item."""
    anon_vma: AnonVma | None
    """Counted while the item is in the stable tree."""
    head: StableNode | None
    next: HlistNext
    pprev: HlistPrev
