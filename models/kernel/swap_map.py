"""The swap map: counting, reserving and giving back slots. Taking one: swap_alloc.py.

Kernel: v2.6.35 (read as 2.6.33.7 and 2.6.36.2, which agree here). v6.8 has other locks and a
    per-cpu list of freed slots, which only delays the reuse of a slot.
Source: mm/swapfile.c (swap_free, swapcache_free, swap_duplicate, swapcache_prepare),
    include/linux/swap.h (vm_swap_full).
Question: none; a part of the kernel that scenarios build on.
Keeps: the count and SWAP_HAS_CACHE of a slot, and that a slot is free exactly when both are zero.
Abstracts:
    Each swap_lock section is one step: its fields are touched under swap_lock only.
    vm_swap_full is a constant of the scenario: with one or two slots the real rule means nothing.
Not covered: count continuation, shmem counts, several devices, swapoff. The kernel only prints, or
    does not notice, when a free slot is freed or duplicated; here that is an assertion.
"""

from __future__ import annotations

from ksmcheck.lang import Enum, atomic, routine
from models.kernel.memcontrol import mem_cgroup_uncharge_swap, mem_cgroup_uncharge_swapcache
from models.kernel.objects import Page, SwapSlot

swap_nearly_full: bool
"""What vm_swap_full() answers; the scenario says, since a model has too few slots to count."""


class Prepare(Enum):
    """What swapcache_prepare answers."""

    RESERVED = 0
    EEXIST = 1
    ENOENT = 2


@routine
def set_vm_swap_full(answer: bool) -> None:
    """For a scenario's setup."""
    global swap_nearly_full
    swap_nearly_full = answer


@routine(source="include/linux/swap.h")
def vm_swap_full() -> bool:
    """More than half of swap is in use, so slots are given back as early as possible."""
    return swap_nearly_full


@routine(source="mm/swapfile.c", kernel="v2.6.35")
def swap_free(slot: SwapSlot) -> None:
    """A pte gives up its swap entry; the slot is free if that was all and no page is cached."""
    with atomic("one swap_lock section"):
        assert slot.count > 0, "a swap entry is freed that no pte holds"
        slot.count -= 1
        mem_cgroup_uncharge_swap(slot)


@routine(source="mm/swapfile.c", kernel="v2.6.35")
def swap_duplicate(slot: SwapSlot) -> None:
    """One more pte is about to hold the entry."""
    with atomic("one swap_lock section"):
        assert slot.count > 0 or slot.has_cache, "a free swap entry is duplicated"
        slot.count += 1


@routine(source="mm/swapfile.c", kernel="v2.6.35")
def swapcache_prepare(slot: SwapSlot) -> Prepare:
    """Reserves the slot's cache bit for somebody who is going to read the slot."""
    with atomic("one swap_lock section"):
        if slot.has_cache:
            return Prepare.EEXIST
        if slot.count == 0:
            return Prepare.ENOENT
        slot.has_cache = True
        return Prepare.RESERVED


@routine(source="mm/swapfile.c", kernel="v2.6.35")
def swapcache_free(slot: SwapSlot, page: Page | None) -> None:
    """The cache bit goes; the slot is free if no pte holds it. ``page``: what was cached."""
    with atomic("one swap_lock section"):
        assert slot.has_cache, "a swap cache reservation is dropped that does not exist"
        slot.has_cache = False
        mem_cgroup_uncharge_swap(slot)
        if page is not None:
            mem_cgroup_uncharge_swapcache(page, slot)
