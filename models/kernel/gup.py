"""get_user_pages: pages that somebody writes to later, past the page table.

Kernel: v2.6.32 to v2.6.36, x86.
Source: arch/x86/mm/gup.c (get_user_pages_fast, gup_pte_range), mm/memory.c (get_user_pages,
    follow_page with FOLL_WRITE), fs/bio.c (bio_set_pages_dirty: set_page_dirty_lock).
Question: none; a part of the kernel that scenarios build on.
Keeps: that the fast way takes no lock, only disables interrupts; that between its load of the pte
    and its reference nothing but a flush can be kept waiting; that it leaves to the slow way what
    is not there or not writable; that the holder writes whatever has become of the pte.
Abstracts: the device writes the whole page at one moment.
Not covered: FOLL_FORCE, more than one page at a time, 32-bit ptes of two words.
"""

from __future__ import annotations

from ksmcheck.lang import atomic, down_read, routine, spin_lock
from models.kernel.fault import Fault
from models.kernel.memory import do_page_fault, handle_pte_fault
from models.kernel.objects import Address, Content, Mm, Page, Present
from models.kernel.page import get_page, lock_page, put_page, unlock_page
from models.kernel.tlb import Cpu, local_irq_disable, local_irq_enable, tlb_miss, tlb_store


@routine(source="arch/x86/mm/gup.c", kernel="v2.6.33")
def get_user_pages_fast(cpu: Cpu, mm: Mm, address: Address) -> Page | None:
    """The page of an address, for writing, with a reference; None when there is no memory."""
    local_irq_disable(cpu)
    page = gup_pte_range(mm, address)
    local_irq_enable(cpu)
    if page is not None:
        return page
    return get_user_pages(mm, address)


@routine(source="arch/x86/mm/gup.c", kernel="v2.6.33")
def gup_pte_range(mm: Mm, address: Address) -> Page | None:
    """Loads the pte with no lock held, and takes a reference if it is writable."""
    match mm.table[address]:
        case Present(page, True, _):
            get_page(page)
            page.write_pinned = True
            return page
        case _:
            return None


@routine(source="mm/memory.c", kernel="v2.6.33")
def get_user_pages(mm: Mm, address: Address) -> Page | None:
    """The slow way: faults until the pte is writable."""
    with down_read(mm.mmap_sem):
        page = follow_page_write(mm, address)
        while page is None:
            if handle_pte_fault(mm, address, True) == Fault.OOM:
                return None
            page = follow_page_write(mm, address)
        return page


@routine(source="mm/memory.c", kernel="v2.6.33")
def follow_page_write(mm: Mm, address: Address) -> Page | None:
    """follow_page with FOLL_GET and FOLL_WRITE."""
    with spin_lock(mm.ptl):
        match mm.table[address]:
            case Present(page, True, _):
                get_page(page)
                page.write_pinned = True
                return page
            case _:
                return None


@routine(source="fs/bio.c", kernel="v2.6.33")
def dma_to_page(page: Page, mm: Mm, address: Address, value: Content) -> None:
    """The device stores for the mm into a page that is held for it; then it is let go."""
    with atomic("the device writes at one moment"):
        page.content = value
        mm.shadow[address] = value
        page.write_pinned = False
    lock_page(page)
    page.dirty = True
    unlock_page(page)
    put_page(page)


@routine(source="user space")
def user_write_on(cpu: Cpu, mm: Mm, address: Address, value: Content) -> None:
    """A thread on this CPU stores a value; a translation that it remembers needs no walk."""
    while True:
        if tlb_store(cpu, mm, address, value):
            return
        tlb_miss(cpu, mm, address)
        if tlb_store(cpu, mm, address, value):
            return
        do_page_fault(mm, address, True)
