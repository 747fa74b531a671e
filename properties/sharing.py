"""Who may write: a writable pte is the only way to its page."""

from __future__ import annotations

from ksmcheck.lang import invariant, witness
from models.kernel.objects import Address, Ksm, Mm, Present
from properties.counting import ptes_of_page, ptes_of_slot


@invariant(source="KSM.md P9 writable_exclusive")
def p9_writable_exclusive(mm: Mm, address: Address) -> bool:
    """A page under a writable pte has no other pte, no swap entry, and is no KSM page."""
    match mm.table[address]:
        case Present(page, True, _):
            if isinstance(page.mapping, Ksm) or ptes_of_page(page) != 1:
                return False
            return page.private is None or ptes_of_slot(page.private) == 0
        case _:
            return True


@witness(p9_writable_exclusive)
def writable(mm: Mm, address: Address) -> bool:
    """A pte is writable."""
    match mm.table[address]:
        case Present(_, write, _):
            return write
        case _:
            return False
