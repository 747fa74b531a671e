"""What every fault handler shares: its answers, and the check of the pte under its lock.

Kernel: all versions of patches.py.
Source: include/linux/mm.h (VM_FAULT_*), mm/memory.c (pte_offset_map_lock with pte_same).
Question: none; a part of the kernel that scenarios build on.
Keeps: that a fault decides on a pte it loaded without a lock, and must look again under the lock.
Abstracts: nothing.
Not covered: hardware that sets young and dirty bits without the lock; 32-bit ptes of two words.
"""

from __future__ import annotations

from ksmcheck.lang import Enum, routine, spin_lock, spin_unlock
from models.kernel.objects import Address, Mm, Pte, Swapped, SwapSlot


class Fault(Enum):
    """How a fault ended. Whatever it was, the thread goes back to its instruction."""

    DONE = 0
    RETRY = 1
    OOM = 2


@routine(source="mm/memory.c")
def lock_pte_same(mm: Mm, address: Address, orig_pte: Pte) -> bool:
    """Takes the page-table lock; is the pte still what the fault started from?"""
    spin_lock(mm.ptl)
    return mm.table[address] == orig_pte


@routine(source="mm/memory.c")
def no_page(mm: Mm, address: Address, slot: SwapSlot) -> Fault:
    """No page for a swap entry: out of memory, unless somebody else has dealt with the pte."""
    same = lock_pte_same(mm, address, Swapped(slot))
    spin_unlock(mm.ptl)
    return Fault.OOM if same else Fault.RETRY
