"""KSM's list of mms: the mm_slots, their hash, the cursor of ksmd, and the locks.

Kernel: v2.6.33; the same up to v3.0.
Source: mm/ksm.c (struct mm_slot, struct ksm_scan, get_mm_slot, insert_to_mm_slots_hash,
    ksm_test_exit), include/linux/list.h (list_add_tail, list_del, list_move).
Question: none; a part of the kernel that scenarios build on.
Keeps: that the head of the list is an mm_slot without an mm, and the cursor may stand on it; every
    load and store of the list's pointers; the cursor's pointer to the pointer to the next item.
Abstracts: the hash is a set, searched in one step: it is touched under ksm_mmlist_lock only. No
    poison is left in a slot that leaves the list: it is freed, or put back at once.
Not covered: the hash functions.
"""

from __future__ import annotations

from typing import Annotated

from ksmcheck.lang import (
    Enum,
    Ghost,
    Mutex,
    Range,
    Set,
    SpinLock,
    Word,
    atomic,
    choose,
    configured,
    instance,
    pool,
    routine,
    struct,
    wait_until,
)
from models.kernel.objects import ADDRESSES, Mm, RmapItem, Seqnr


@struct
class MmSlot:
    """struct mm_slot: an mm that has mergeable areas."""

    mm: Mm | None
    """None in the head of the list only."""
    next: MmSlot | None
    """mm_list.next."""
    prev: MmSlot | None
    """mm_list.prev."""
    rmap_list: RmapItem | None
    """The mm's rmap_items, by address."""


class RmapLink(Word):
    """struct rmap_item **: where the pointer to the next item is."""


class ListOf(RmapLink):
    """The head of a slot's list."""

    slot: MmSlot


class After(RmapLink):
    """The rmap_list of an item."""

    item: RmapItem


@struct
class KsmScan:
    """struct ksm_scan: how far ksmd has come."""

    mm_slot: MmSlot | None
    address: Annotated[int, Range(0, ADDRESSES)]
    rmap_list: RmapLink
    seqnr: Seqnr
    """Completed passes, as far as anybody tells them apart."""


class KsmRun(Enum):
    """What /sys/kernel/mm/ksm/run says. KSM runs in a scenario unless its setup stops it."""

    MERGE = 0
    STOP = 1
    UNMERGE = 2


ksm_mm_head = instance(MmSlot)
ksm_scan = instance(KsmScan)
mm_slots_hash: Set[MmSlot]
ksm_thread_mutex: Mutex
ksm_mmlist_lock: SpinLock
ksm_run: KsmRun
all_unmerged: Ghost[bool]
"""Everything has been unmerged, and KSM has not been told to merge since."""


@routine(source="mm/ksm.c", kernel="v2.6.33")
def ksm_init() -> None:
    """For a scenario's setup: the empty list, with the cursor at its head."""
    assert configured("CONFIG_KSM"), "a scenario with KSM says so: config=['CONFIG_KSM']"
    ksm_mm_head.next = ksm_mm_head
    ksm_mm_head.prev = ksm_mm_head
    ksm_scan.mm_slot = ksm_mm_head


@routine(source="mm/ksm.c", kernel="v2.6.33")
def load_ksm_run() -> KsmRun:
    """What KSM is to do; stored under ksm_thread_mutex, and read without it by some."""
    return ksm_run


@routine(source="mm/ksm.c", kernel="v2.6.33")
def store_ksm_run(run: KsmRun) -> None:
    """Under ksm_thread_mutex."""
    global ksm_run, all_unmerged
    ksm_run = run
    all_unmerged = False


@routine(source="mm/ksm.c", kernel="v2.6.33")
def note_all_unmerged() -> None:
    """For properties: from here on there should be no KSM page."""
    global all_unmerged
    all_unmerged = True


@routine(source="mm/ksm.c", kernel="v2.6.33")
def ksm_test_exit(mm: Mm) -> bool:
    """The mm has no users left: its page tables are going away."""
    return mm.mm_users == 0


@routine
def enter_mm(mm: Mm) -> None:
    """For P19: from here on ksmd counts on the mm's vmas and page tables."""
    mm.entered = True


@routine
def leave_mm(mm: Mm) -> None:
    """For P19: ksmd is about to release mmap_sem."""
    mm.entered = False


@routine(source="mm/ksm.c", kernel="v2.6.33")
def get_mm_slot(mm: Mm) -> MmSlot | None:
    """The slot of an mm. The caller holds ksm_mmlist_lock."""
    with atomic("the hash is touched in ksm_mmlist_lock sections only"):
        registered = False
        for other in pool(MmSlot):
            if other in mm_slots_hash and other.mm == mm:
                registered = True
        if not registered:
            return None
        slot = choose(pool(MmSlot))
        wait_until(slot in mm_slots_hash and slot.mm == mm)
        return slot


@routine(source="include/linux/list.h")
def list_insert(new: MmSlot, before: MmSlot, after: MmSlot) -> None:
    """__list_add: puts the new slot between two neighbours."""
    after.prev = new
    new.next = after
    new.prev = before
    before.next = new


@routine(source="include/linux/list.h")
def list_add(new: MmSlot, place: MmSlot) -> None:
    """Puts the new slot behind another one."""
    following = place.next
    assert following is not None, "a slot is added to a list that is none"
    list_insert(new, place, following)


@routine(source="include/linux/list.h")
def list_add_tail(new: MmSlot, place: MmSlot) -> None:
    """Puts the new slot before another one."""
    preceding = place.prev
    assert preceding is not None, "a slot is added to a list that is none"
    list_insert(new, preceding, place)


@routine(source="include/linux/list.h")
def list_del(slot: MmSlot) -> None:
    """Takes the slot off the list."""
    preceding = slot.prev
    following = slot.next
    assert preceding is not None and following is not None, "a slot is on no list"  # noqa: PT018
    following.prev = preceding
    preceding.next = following


@routine(source="include/linux/list.h")
def list_move(slot: MmSlot, place: MmSlot) -> None:
    """Takes the slot off the list and puts it behind another one."""
    list_del(slot)
    list_add(slot, place)


@routine(source="mm/ksm.c", kernel="v2.6.33")
def load_link(link: RmapLink) -> RmapItem | None:
    """*rmap_list."""
    match link:
        case ListOf(slot):
            return slot.rmap_list
        case After(item):
            return item.rmap_list
        case _:
            return None


@routine(source="mm/ksm.c", kernel="v2.6.33")
def store_link(link: RmapLink, following: RmapItem | None) -> None:
    """*rmap_list = following."""
    match link:
        case ListOf(slot):
            slot.rmap_list = following
        case After(item):
            item.rmap_list = following
        case _:
            pass
