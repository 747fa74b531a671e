"""Pages that are locked in memory: marked exactly as long as somebody has asked for it."""

from __future__ import annotations

from ksmcheck.lang import invariant, is_live, locked, old, pool, predicate, step_property, witness
from models.kernel.objects import ADDRESSES, Mm, Page
from models.kernel.page import nr_mlock
from properties.counting import maps, page_tables_quiet


@predicate
def nobody_is_at_it(page: Page) -> bool:
    """No page-table section is open, and nobody has the page lock or an mmap_sem."""
    return (
        page_tables_quiet()
        and not locked(page.locked)
        and not any(locked(mm.mmap_sem) for mm in pool(Mm))
    )


@invariant(source="KSM.md P23 mlock_consistent: a locked vma for each mlocked page; 73848b4684e8")
def p23_mlocked_for_a_vma(page: Page) -> bool:
    """A page that is mlocked is mapped in a locked vma, unless somebody is at work on it."""
    if not page.mlocked or not nobody_is_at_it(page):
        return True
    return any(mm.vma_locked and maps(mm, a, page) for mm in pool(Mm) for a in range(ADDRESSES))


@witness(p23_mlocked_for_a_vma)
def mlocked_at_rest(page: Page) -> bool:
    """An mlocked page is at rest."""
    return page.mlocked and nobody_is_at_it(page)


@step_property(source="KSM.md P23 mlock_consistent: freed pages; 73848b4684e8")
def p23_not_freed_mlocked(page: Page) -> bool:
    """No page is freed while it is mlocked."""
    return is_live(page) or not old(page.mlocked)


@witness(p23_not_freed_mlocked)
def freed(page: Page) -> bool:
    """A page is free."""
    return not is_live(page)


@invariant(source="KSM.md P23 mlock_consistent: NR_MLOCK")
def p23_nr_mlock_exact() -> bool:
    """NR_MLOCK is the number of the mlocked pages, while nobody has a page lock."""
    if any(locked(page.locked) for page in pool(Page)):
        return True
    return nr_mlock == sum(1 for page in pool(Page) if page.mlocked)


@witness(p23_nr_mlock_exact)
def some_mlocked(page: Page) -> bool:
    """A page is mlocked, and counted."""
    return page.mlocked and nr_mlock > 0
