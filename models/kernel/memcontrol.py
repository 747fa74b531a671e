"""Charging pages to memory control groups: once when it is mapped, and until it is gone.

Kernel: v2.6.33; charge-copy as 407f9c8b0889 tells it.
Source: mm/memcontrol.c (mem_cgroup_newpage_charge, mem_cgroup_try_charge_swapin,
    mem_cgroup_commit_charge_swapin, mem_cgroup_cancel_charge_swapin, mem_cgroup_uncharge_page,
    mem_cgroup_uncharge_swapcache, mem_cgroup_uncharge_swap, __mem_cgroup_uncharge_common).
Question: none; a part of the kernel that scenarios build on.
Keeps: that a fault charges before it takes the page-table lock and says for which page only with
    the new pte in place; that swap-in charges the group that the page or its slot belongs to, and
    the mm's own if there is none; that a page is not uncharged while it is mapped or in the swap
    cache; that a slot remembers the group of a page that leaves the cache for the disk.
Abstracts:
    A scenario without CONFIG_CGROUP_MEM_RES_CTLR pays no step for all this.
    A lock_page_cgroup section is one step, with the counter of the group, which has a lock of its
        own; so is the look at the group of a page and its slot.
    Both words of page_cgroup, the group and its PCG_USED, are one field.
Not covered: limits, reclaim of a group, the second counter of memory and swap together, moving of
    tasks and charges, rmdir, file pages.
"""

from __future__ import annotations

from ksmcheck.lang import atomic, configured, patched, routine
from models.kernel.objects import MemCgroup, Mm, Page, SwapSlot


@routine(source="mm/memcontrol.c", kernel="v2.6.33")
def mem_cgroup_try_charge(mm: Mm) -> MemCgroup | None:
    """__mem_cgroup_try_charge: one page more for the mm's group; which page comes later."""
    mem = mm.cgroup
    assert mem is not None, "every task is in a group"
    with atomic("the counter has a lock of its own"):
        mem.usage += 1
    return mem


@routine(source="mm/memcontrol.c", kernel="v2.6.33")
def mem_cgroup_newpage_charge(page: Page, mm: Mm) -> None:
    """Charges a new page before it is mapped."""
    if configured("CONFIG_CGROUP_MEM_RES_CTLR"):
        mem = mem_cgroup_try_charge(mm)
        mem_cgroup_commit_charge(page, mem)


@routine(source="mm/memcontrol.c", kernel="v2.6.33")
def mem_cgroup_try_charge_swapin(mm: Mm, page: Page) -> MemCgroup | None:
    """Charges for a page that is to be mapped; the group, or None if nothing was charged.

    A page that is not in the swap cache is one that the fault will turn away when it looks at the
    pte again, or a KSM copy.
    """
    if not configured("CONFIG_CGROUP_MEM_RES_CTLR"):
        return None
    if page.private is None:
        if not patched("charge-copy"):
            return None
        return mem_cgroup_try_charge(mm)
    mem = mem_cgroup_from_page(page)
    if mem is None:
        return mem_cgroup_try_charge(mm)
    with atomic("the counter has a lock of its own"):
        mem.usage += 1
    return mem


@routine(source="mm/memcontrol.c", kernel="v2.6.33")
def mem_cgroup_from_page(page: Page) -> MemCgroup | None:
    """try_get_mem_cgroup_from_page: the group that is charged for it, or that its slot names."""
    with atomic("one lock_page_cgroup section, of a locked page"):
        if page.cgroup is not None:
            return page.cgroup
        slot = page.private
        if slot is not None:
            return slot.cgroup
        return None


@routine(source="mm/memcontrol.c", kernel="v2.6.33")
def mem_cgroup_commit_charge(page: Page, mem: MemCgroup | None) -> None:
    """What was charged is for this page. If it is charged already the new charge is given back."""
    if not configured("CONFIG_CGROUP_MEM_RES_CTLR") or mem is None:
        return
    with atomic("one lock_page_cgroup section"):
        if page.cgroup is not None:
            mem.usage -= 1
        else:
            page.cgroup = mem
        slot = page.private
        if slot is not None:
            slot.cgroup = None


@routine(source="mm/memcontrol.c", kernel="v2.6.33")
def mem_cgroup_cancel_charge_swapin(mem: MemCgroup | None) -> None:
    """The page is not mapped after all."""
    if not configured("CONFIG_CGROUP_MEM_RES_CTLR") or mem is None:
        return
    with atomic("the counter has a lock of its own"):
        mem.usage -= 1


@routine(source="mm/memcontrol.c", kernel="v2.6.33")
def mem_cgroup_uncharge_page(page: Page) -> None:
    """A pte is gone, or never came: uncharges unless others map the page or it is cached."""
    if not configured("CONFIG_CGROUP_MEM_RES_CTLR"):
        return
    if page.mapcount == 0 and page.private is None:
        uncharge_common(page)


@routine(source="mm/memcontrol.c", kernel="v2.6.33")
def uncharge_common(page: Page) -> MemCgroup | None:
    """The group that was charged for an unmapped page, if any was."""
    with atomic("one lock_page_cgroup section"):
        mem = page.cgroup
        if mem is None or page.mapcount > 0:
            return None
        mem.usage -= 1
        page.cgroup = None
        return mem


@routine(source="mm/memcontrol.c", kernel="v2.6.33")
def mem_cgroup_uncharge_swapcache(page: Page, slot: SwapSlot) -> None:
    """A page has left the swap cache. If ptes hold its slot, that remembers the group."""
    if not configured("CONFIG_CGROUP_MEM_RES_CTLR"):
        return
    mem = uncharge_common(page)
    if mem is not None and slot.count > 0:
        slot.cgroup = mem


@routine(source="mm/memcontrol.c", kernel="v2.6.33")
def mem_cgroup_uncharge_swap(slot: SwapSlot) -> None:
    """A slot whose last user has gone belongs to no group."""
    if configured("CONFIG_CGROUP_MEM_RES_CTLR") and slot.count == 0 and not slot.has_cache:
        slot.cgroup = None
