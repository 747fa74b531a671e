"""Swap-in from a synchronous device, past the swap cache.

Kernel: v6.4 (standing in for v4.15 to v6.7) and v6.8, read in those two trees.
Source: mm/memory.c (do_swap_page, the branch for SWP_SYNCHRONOUS_IO), mm/swapfile.c
    (__swap_count, swapcache_prepare, swapcache_clear).
Question: none; a part of the kernel that scenarios build on.
Keeps: the unlocked look at the count, which ignores SWAP_HAS_CACHE; that the reservation of the fix
    comes before the allocation and is given back after the page-table lock, on every way out; that
    swap_free comes before the pte is stored here; that the page is locked until the pte is stored;
    that the page is taken for exclusive untested.
Abstracts:
    The page goes to the LRU when it is mapped, not before the read: found earlier it is neither
        mapped nor in the cache, and reclaim puts it back. Nor is its lock taken for the read.
    A freed slot can be handed out at once: the per-cpu list of freed slots only delays that.
Not covered: large folios, memcg, the one-tick sleep of the fix when the slot is reserved already.
"""

from __future__ import annotations

from ksmcheck.lang import alloc, atomic, patched, routine, spin_unlock
from models.kernel.fault import Fault, lock_pte_same, no_page
from models.kernel.objects import Address, Mm, Page, Present, Swapped, SwapSlot
from models.kernel.page import lock_page, put_page, unlock_page
from models.kernel.rmap import page_add_new_anon_rmap
from models.kernel.swap_map import Prepare, swap_free, swapcache_free, swapcache_prepare


@routine(source="mm/memory.c", kernel="v6.7")
def do_swap_page_bypass(mm: Mm, address: Address, slot: SwapSlot, write: bool) -> Fault:
    """Reads the slot into a private page and maps it; the swap cache never hears of it."""
    if not patched("swap-skip-cache-prepare"):
        return map_bypass_page(mm, address, slot, write)
    if swapcache_prepare(slot) != Prepare.RESERVED:
        return Fault.RETRY
    result = map_bypass_page(mm, address, slot, write)
    swapcache_free(slot, None)
    return result


@routine(source="mm/memory.c", kernel="v6.7")
def map_bypass_page(mm: Mm, address: Address, slot: SwapSlot, write: bool) -> Fault:
    """From the allocation to the end of the page-table section."""
    page = alloc(Page, refcount=1, may_sleep=True)
    if page is None:
        return no_page(mm, address, slot)
    swap_read_folio(page, slot)
    lock_page(page)
    if not lock_pte_same(mm, address, Swapped(slot)):
        spin_unlock(mm.ptl)
        unlock_page(page)
        put_page(page)
        return Fault.RETRY
    swap_free(slot)
    page_add_new_anon_rmap(page, mm, address)
    mm.table[address] = Present(page, write, write)
    unlock_page(page)
    spin_unlock(mm.ptl)
    return Fault.DONE


@routine(source="mm/page_io.c", kernel="v6.7")
def swap_read_folio(page: Page, slot: SwapSlot) -> None:
    """The device copies its block into a page that nobody else can see yet."""
    with atomic("the page is not visible to anybody: only the moment of the read matters"):
        page.content = slot.disk
