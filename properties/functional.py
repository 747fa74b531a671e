"""What a program sees: it reads what it wrote, and nobody else's data.

P4 of KSM.md (no use after free) has no predicate here: the tool checks it at every access (KSM801,
KSM802, KSM803), in every model. struct page itself may be looked at when it is free, as in the
kernel; what must not happen to a free page is P5's business.
"""

from __future__ import annotations

from ksmcheck.lang import invariant, locked, pool, witness
from models.kernel.objects import INITIAL, Address, Ksm, Migrating, Mm, Present, Swapped
from properties.counting import denoted


@invariant(source="KSM.md P3 ksm_invisible; 4969c1192d15, 31c4a3d3a0f8, 13ddaf26be32")
def p3_ksm_invisible(mm: Mm, address: Address) -> bool:
    """What an mm would read at an address is what it last wrote there."""
    return locked(mm.ptl) or denoted(mm, address) == mm.shadow[address]


@witness(p3_ksm_invisible)
def a_written_value_has_been_moved(mm: Mm, address: Address) -> bool:
    """A value that was stored is behind a swap or migration entry, or in a KSM page."""
    if mm.shadow[address] == INITIAL:
        return False
    match mm.table[address]:
        case Present(page, _, _):
            return isinstance(page.mapping, Ksm)
        case Swapped(_):
            return True
        case Migrating(_, _):
            return True
        case _:
            return False


@invariant(source="KSM.md P29 isolation")
def p29_isolation(mm: Mm, address: Address) -> bool:
    """No mm has a translation to what another mm wrote after the fork and it did not itself."""
    match mm.table[address]:
        case Present(page, _, _):
            return page.content == mm.shadow[address] or all(
                page.content != other.shadow[address] or other.shadow[address] == INITIAL
                for other in pool(Mm)
                if other != mm
            )
        case _:
            return True


@witness(p29_isolation)
def others_have_written(mm: Mm, address: Address) -> bool:
    """An mm has a translation while another mm has already written."""
    return isinstance(mm.table[address], Present) and any(
        other.shadow[address] != INITIAL for other in pool(Mm) if other != mm
    )
