"""What P12 has to know of a walk over a page's ptes: a ghost, no object of the kernel.

Kernel: none.
Source: KSM.md P12 rmap_complete.
Question: none; a scenario that asks for P12 declares one RmapWatch, the others pay nothing.
Keeps: for one walk at a time, the page, and the mms whose pte the walk has met or need not meet,
    because it was made after the walk began.
Abstracts: a second walk, of another page, that begins before the first is over is not watched.
Not covered: the walk that restores migration entries (properties/migration.py).
"""

from __future__ import annotations

from ksmcheck.lang import Ghost, Set, pool, routine, struct
from models.kernel.objects import Mm, Page


@struct
class RmapWatch:
    """The walk that is being watched."""

    page: Ghost[Page | None]
    met: Ghost[Set[Mm]]
    complete: Ghost[bool]
    """The walk has gone all its way, without success and without giving up."""


@routine
def walk_begins(page: Page) -> None:
    """A walk over the ptes of a locked page."""
    for watch in pool(RmapWatch):
        if watch.page is None:
            watch.page = page


@routine
def walk_meets(page: Page, mm: Mm) -> None:
    """The walk looks at this mm's pte; or the pte is new."""
    for watch in pool(RmapWatch):
        if watch.page == page:
            watch.met.add(mm)


@routine
def walk_complete(page: Page) -> None:
    """The walk has nowhere left to look."""
    for watch in pool(RmapWatch):
        if watch.page == page:
            watch.complete = True


@routine
def walk_over(page: Page) -> None:
    """Whatever came of it, the walk is over."""
    for watch in pool(RmapWatch):
        if watch.page == page:
            watch.page = None
            watch.complete = False
            for mm in pool(Mm):
                watch.met.discard(mm)
