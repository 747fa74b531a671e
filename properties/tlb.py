"""What CPUs remember of page tables: no more than the kernel may count on."""

from __future__ import annotations

from ksmcheck.lang import invariant, witness
from models.kernel.objects import Address, Present
from models.kernel.tlb import Cpu


@invariant(source="KSM.md P27 tlb_coherent: after write_protect_page")
def p27_protected_for_all(cpu: Cpu, address: Address) -> bool:
    """When write_protect_page has succeeded no CPU remembers a way to write to the page."""
    match cpu.tlb[address]:
        case Present(page, True, _):
            return not page.write_protected
        case _:
            return True


@witness(p27_protected_for_all)
def remembered_and_protected(cpu: Cpu, address: Address) -> bool:
    """A CPU remembers a page, for reading, while ksmd has it write-protected."""
    match cpu.tlb[address]:
        case Present(page, False, _):
            return page.write_protected
        case _:
            return False


@invariant(source="KSM.md P27 tlb_coherent: freed pages")
def p27_freed_is_forgotten(cpu: Cpu, address: Address) -> bool:
    """No CPU remembers a translation to a page that is free."""
    match cpu.tlb[address]:
        case Present(page, _, _):
            return page.refcount > 0
        case _:
            return True


@witness(p27_freed_is_forgotten)
def remembered(cpu: Cpu, address: Address) -> bool:
    """A CPU remembers a page."""
    return isinstance(cpu.tlb[address], Present)
