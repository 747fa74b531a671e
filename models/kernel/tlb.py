"""CPUs: the translations they remember, and the interrupts that take these away.

Kernel: v2.6.32 to v2.6.36, x86.
Source: arch/x86/mm/tlb.c (flush_tlb_page, native_flush_tlb_others), asm-generic/pgtable.h
    (ptep_clear_flush), include/linux/irqflags.h (local_irq_disable, local_irq_enable).
Question: none; a part of the kernel that scenarios build on.
Keeps: that a CPU goes on storing through a translation whose pte has changed, until it is flushed;
    that a flush is an interrupt, and waits for each CPU of the mm that has interrupts disabled.
Abstracts:
    A model without CPUs has no TLB: there the pte is what counts, and a flush is no step.
    A CPU's walk of the page table and its entry in the TLB are one step, and so is its store: the
        interrupt comes between instructions. CPUs are interrupted one after the other.
    An entry stays until it is flushed: a CPU may always have kept it.
Not covered: secondary MMUs, lazy TLBs, the batches of a long unmapping.
"""

from __future__ import annotations

from typing import Annotated

from ksmcheck.lang import Array, Size, atomic, pool, routine, struct, wait_until, xchg
from models.kernel.objects import ADDRESSES, Address, Content, Mm, NoPte, Present, Pte


@struct
class Cpu:
    """A CPU that runs a thread of one mm."""

    mm: Mm | None
    """Whose page table it uses (mm_cpumask); constant."""
    irqs_disabled: bool
    tlb: Annotated[Array[Pte], Size(ADDRESSES)]
    """The translation that it remembers for each address; NoPte: none."""


@routine(source="arch/x86/mm/tlb.c")
def flush_tlb_page(mm: Mm, address: Address) -> None:
    """Interrupts every CPU of the mm, and waits until each has forgotten the address."""
    for cpu in pool(Cpu):
        if cpu.mm == mm:
            with atomic("the interrupt handler runs between two instructions of the CPU"):
                wait_until(not cpu.irqs_disabled)
                cpu.tlb[address] = NoPte()


@routine(source="include/asm-generic/pgtable.h")
def ptep_clear_flush(mm: Mm, address: Address) -> Pte:
    """Empties the pte, and no CPU uses it any more. What the pte was."""
    pte = xchg(mm.table[address], NoPte())
    flush_tlb_page(mm, address)
    return pte


@routine(source="include/linux/irqflags.h")
def local_irq_disable(cpu: Cpu) -> None:
    """No interrupt, hence no flush, comes through to this CPU."""
    cpu.irqs_disabled = True


@routine(source="include/linux/irqflags.h")
def local_irq_enable(cpu: Cpu) -> None:
    """Whoever waits for this CPU can go on."""
    cpu.irqs_disabled = False


@routine(source="arch/x86, the memory management unit")
def tlb_miss(cpu: Cpu, mm: Mm, address: Address) -> None:
    """The CPU walks the page table and remembers what it finds."""
    with atomic("a walk is a part of one instruction"):
        cpu.tlb[address] = mm.table[address]


@routine(source="arch/x86, the memory management unit")
def tlb_store(cpu: Cpu, mm: Mm, address: Address, value: Content) -> bool:
    """One attempt to store through the remembered translation."""
    with atomic("a store is one instruction"):
        match cpu.tlb[address]:
            case Present(page, True, _):
                page.content = value
                mm.shadow[address] = value
                return True
            case _:
                return False
