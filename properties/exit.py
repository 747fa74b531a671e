"""The end of an mm: nobody is in its page tables any more."""

from __future__ import annotations

from ksmcheck.lang import invariant, witness
from models.kernel.objects import Mm


@invariant(source="KSM.md P19 no_touch_after_exit; 9ba692948008")
def p19_no_touch_after_exit(mm: Mm) -> bool:
    """While exit_mmap takes an mm apart, ksmd does not count on the mm's vmas and page tables."""
    return not mm.exiting or not mm.entered


@witness(p19_no_touch_after_exit)
def ksmd_is_in_an_exiting_mm(mm: Mm) -> bool:
    """The last user has left an mm that ksmd is in."""
    return mm.entered and mm.mm_users == 0
