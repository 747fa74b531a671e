"""What is shared is not written: not by a pte, not by a CPU's memory of one, not by a device."""

from __future__ import annotations

from ksmcheck.lang import invariant, old, pool, predicate, step_property, witness
from models.kernel.objects import ADDRESSES, Address, Ksm, Mm, Page, Present
from models.kernel.tlb import Cpu


@predicate
def may_store(cpu: Cpu, address: Address, page: Page) -> bool:
    """The CPU remembers a translation through which it can write to the page."""
    match cpu.tlb[address]:
        case Present(mapped, write, _):
            return write and mapped == page
        case _:
            return False


@predicate
def writable(mm: Mm, address: Address, page: Page) -> bool:
    """The pte maps the page and can be written through."""
    match mm.table[address]:
        case Present(mapped, write, _):
            return write and mapped == page
        case _:
            return False


@invariant(source="KSM.md P10 ksm_immutable: no way to write; 31dbd01f3143")
def p10_no_way_to_write(page: Page) -> bool:
    """Nobody has a way to write to a KSM page: no pte, no remembered translation, no pin."""
    if not isinstance(page.mapping, Ksm):
        return True
    return (
        not page.write_pinned
        and not any(writable(mm, a, page) for mm in pool(Mm) for a in range(ADDRESSES))
        and not any(may_store(cpu, a, page) for cpu in pool(Cpu) for a in range(ADDRESSES))
    )


@witness(p10_no_way_to_write)
def a_ksm_page_is_mapped(page: Page) -> bool:
    """A KSM page is mapped."""
    return isinstance(page.mapping, Ksm) and page.mapcount > 0


@step_property(source="KSM.md P10 ksm_immutable: the content")
def p10_content_stays(page: Page) -> bool:
    """From its upgrade until it is freed the content of a KSM page does not change."""
    if not old(page.upgraded) or not page.upgraded:
        return True
    return page.content == old(page.content)


@witness(p10_content_stays)
def a_ksm_page(page: Page) -> bool:
    """A page has become a KSM page."""
    return page.upgraded
