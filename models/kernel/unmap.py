"""The walks from a page to all its ptes: unmapping, and asking who has referenced it.

Kernel: v2.6.35 (read as 2.6.33.7 and 2.6.36.2).
Source: mm/rmap.c (try_to_unmap, try_to_unmap_anon, page_referenced, page_referenced_anon).
Question: none; a part of the kernel that scenarios build on.
Keeps: that unmapping holds the page lock, and that page_referenced takes it for a KSM page only and
    otherwise works on a page that may change under its hands; anon_vma->lock around the walk.
Abstracts:
    The list of the anon_vma's vmas is walked in one fixed order; every vma covers every address.
    Without CONFIG_KSM there are no KSM pages, so that page->mapping costs no step.
Not covered: file pages, the answer of page_referenced, rmap_walk (migration).
"""

from __future__ import annotations

from ksmcheck.lang import configured, pool, routine, spin_lock
from models.kernel.anon_vma import page_lock_anon_vma, page_unlock_anon_vma
from models.kernel.ksm_rmap import page_referenced_ksm, page_referenced_one, try_to_unmap_ksm
from models.kernel.objects import Anon, Mm, Page
from models.kernel.page import PageKsm, trylock_page, unlock_page
from models.kernel.rmap import Ttu, Unmap, try_to_unmap_one
from models.kernel.rmap_watch import walk_begins, walk_complete, walk_over
from models.kernel.vma_place import vma_address, vma_covers


@routine(source="mm/rmap.c", kernel="v2.6.35")
def try_to_unmap(page: Page, flags: Ttu = Ttu.UNMAP) -> Unmap:
    """Turns the ptes of a swap cache page into its swap entry, one after the other.

    For ``migration`` the ptes of a page that has no slot become migration entries.
    """
    walk_begins(page)
    result = try_to_unmap_walk(page, flags)
    if result == Unmap.AGAIN:
        walk_complete(page)
    left = page.mapcount
    walk_over(page)
    if left == 0:
        return Unmap.SUCCESS
    return result


@routine(source="mm/rmap.c", kernel="v2.6.35")
def try_to_unmap_walk(page: Page, flags: Ttu) -> Unmap:
    """The walk for this kind of page. Without CONFIG_KSM there is one kind."""
    if not configured("CONFIG_KSM"):
        return try_to_unmap_anon(page, flags)
    if PageKsm(page):
        return try_to_unmap_ksm(page, flags)
    return try_to_unmap_anon_rcu(page, flags)


@routine(source="mm/rmap.c", kernel="v2.6.35")
def try_to_unmap_anon(page: Page, flags: Ttu) -> Unmap:
    """Goes through the vmas of the page's anon_vma, until one fails or no pte is left.

    For models whose anon_vmas live for ever; the vmas on its list are all that there are.
    """
    result = Unmap.AGAIN
    match page.mapping:
        case Anon(anon_vma):
            with spin_lock(anon_vma.lock):
                for mm in pool(Mm):
                    result = try_to_unmap_one(page, mm, vma_address(mm, page), flags)
                    if result != Unmap.AGAIN or page.mapcount == 0:
                        break
        case _:
            pass
    return result


@routine(source="mm/rmap.c", kernel="v2.6.35")
def try_to_unmap_anon_rcu(page: Page, flags: Ttu) -> Unmap:
    """The same for an anon_vma that may be on its way out."""
    result = Unmap.AGAIN
    anon_vma = page_lock_anon_vma(page)
    if anon_vma is None:
        return result
    for mm in pool(Mm):
        if mm in anon_vma.vmas and vma_covers(mm, page):
            result = try_to_unmap_one(page, mm, vma_address(mm, page), flags)
            if result != Unmap.AGAIN or page.mapcount == 0:
                break
    page_unlock_anon_vma(anon_vma)
    return result


@routine(source="mm/rmap.c", kernel="v2.6.35")
def page_referenced(page: Page, is_locked: bool, reloads: bool = False) -> None:
    """Looks for young bits. The page lock is taken here if the page needs it and it is free.

    PageKsm is asked twice, and nothing tells the compiler to load page->mapping again or not to:
    ``reloads`` if it does. It never matters on a locked page.
    """
    if page.mapcount == 0:
        return
    we_locked = False
    ksm = PageKsm(page)
    if not is_locked and ksm:
        we_locked = trylock_page(page)
        if not we_locked:
            return
    if PageKsm(page) if reloads else ksm:
        page_referenced_ksm(page)
    else:
        page_referenced_anon(page)
    if we_locked:
        unlock_page(page)


@routine(source="mm/rmap.c", kernel="v2.6.35")
def page_referenced_anon(page: Page) -> None:
    """Goes through the vmas of the page's anon_vma."""
    anon_vma = page_lock_anon_vma(page)
    if anon_vma is None:
        return
    mapcount = page.mapcount
    for mm in pool(Mm):
        if mm in anon_vma.vmas and mapcount > 0 and vma_covers(mm, page):
            mapcount = page_referenced_one(page, mm, vma_address(mm, page), mapcount)
    page_unlock_anon_vma(anon_vma)
