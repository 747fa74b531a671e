"""The mm_slots: what is on the list, what the cursor stands on, what a slot keeps alive."""

from __future__ import annotations

from ksmcheck.lang import invariant, is_live, locked, pool, predicate, witness
from models.kernel.ksm_lists import (
    MmSlot,
    ksm_mm_head,
    ksm_mmlist_lock,
    ksm_scan,
    mm_slots_hash,
)


@predicate
def listed(slot: MmSlot) -> bool:
    """The head, or a slot in the hash, has this one for its next."""
    return any(
        other.next == slot and (other == ksm_mm_head or other in mm_slots_hash)
        for other in pool(MmSlot)
    )


@invariant(source="KSM.md P18 slot_lifecycle: hash and list")
def p18_hashed_is_listed(slot: MmSlot) -> bool:
    """Outside a ksm_mmlist_lock section a slot is in the hash exactly if it is on the list."""
    if locked(ksm_mmlist_lock) or slot == ksm_mm_head:
        return True
    if slot in mm_slots_hash:
        return is_live(slot) and listed(slot)
    return not is_live(slot) or not listed(slot)


@witness(p18_hashed_is_listed)
def a_slot_is_listed(slot: MmSlot) -> bool:
    """An mm is registered."""
    return slot in mm_slots_hash and listed(slot)


@invariant(source="KSM.md P18 slot_lifecycle: the cursor")
def p18_cursor_live() -> bool:
    """The cursor stands on the head of the list or on a live slot."""
    return ksm_scan.mm_slot is not None and is_live(ksm_scan.mm_slot)


@witness(p18_cursor_live)
def the_cursor_has_moved() -> bool:
    """The cursor stands on an mm's slot."""
    return ksm_scan.mm_slot != ksm_mm_head


@invariant(source="KSM.md P18 slot_lifecycle: a slot holds mm_count")
def p18_slot_pins_mm(slot: MmSlot) -> bool:
    """A registered mm is not freed."""
    if slot not in mm_slots_hash or slot.mm is None:
        return True
    return slot.mm.mm_count > 0


@witness(p18_slot_pins_mm)
def an_exiting_mm_is_registered(slot: MmSlot) -> bool:
    """Only its slot keeps an mm_struct."""
    return slot in mm_slots_hash and slot.mm is not None and slot.mm.mm_users == 0
