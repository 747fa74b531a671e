"""The reverse map: a walk from a page finds all of its ptes."""

from __future__ import annotations

from ksmcheck.lang import invariant, is_live, locked, pool, predicate, witness
from models.kernel.objects import Address, Anon, Ksm, Mm, Page, PoisonPrev, Present, RmapItem, Tree
from models.kernel.rmap_watch import RmapWatch
from properties.counting import maps


@predicate
def ksmd_is_merging(mm: Mm) -> bool:
    """An rmap_item of the mm is in no tree: ksmd is about to list it, or to give it up."""
    return any(is_live(i) and i.mm == mm and i.tree == Tree.NONE for i in pool(RmapItem))


@predicate
def has_no_node(page: Page) -> bool:
    """A KSM page between its upgrade and its insertion into the stable tree."""
    match page.mapping:
        case Ksm(node):
            return node is None
        case _:
            return False


@predicate
def item_was_removed(page: Page, mm: Mm) -> bool:
    """No rmap_item leads from a KSM page to the mm's area, and ksmd will make one, or the mm exits.

    ksmd removes an item while the page is swapped out, or as soon as the mm has no users left. A
    child of fork is led to by its parent's item.
    """
    return (
        mm.vma_mergeable
        and isinstance(page.mapping, Ksm)
        and not any(
            is_live(item)
            and item.tree == Tree.STABLE
            and not isinstance(item.pprev, PoisonPrev)
            and page.mapping == Ksm(item.head)
            and item.anon_vma is not None
            and mm in item.anon_vma.vmas
            for item in pool(RmapItem)
        )
    )


@invariant(source="KSM.md P12 rmap_complete; db114b83ab6c")
def p12_rmap_complete(watch: RmapWatch, mm: Mm, address: Address) -> bool:
    """A walk over a page's ptes that ends with some left has met each that was there all along.

    Excepted are pages that ksmd is about to give their node or their rmap_item, for the first time
    or again: P28 says that these exceptions pass.
    """
    if not watch.complete or mm in watch.met:
        return True
    return all(
        watch.page != page
        or not maps(mm, address, page)
        or has_no_node(page)
        or item_was_removed(page, mm)
        for page in pool(Page)
    ) or ksmd_is_merging(mm)


@witness(p12_rmap_complete)
def a_walk_meets_a_pte(watch: RmapWatch, mm: Mm, address: Address, page: Page) -> bool:
    """A walk has come to a pte of its page and not yet changed it."""
    return watch.page == page and mm in watch.met and maps(mm, address, page)


@invariant(source="KSM.md P12 rmap_complete, of ordinary pages: where a walk looks")
def p12_pte_is_where_page_says(mm: Mm, address: Address) -> bool:
    """A walk from an ordinary page looks at each pte that maps it: right anon_vma, right place.

    A page-table section that is open may be about to say so.
    """
    match mm.table[address]:
        case Present(page, _, _):
            match page.mapping:
                case Anon(anon_vma):
                    found = mm in anon_vma.vmas and page.index == address + mm.pgoff
                    return found or locked(mm.ptl)
                case _:
                    return isinstance(page.mapping, Ksm) or locked(mm.ptl)
        case _:
            return True


@witness(p12_pte_is_where_page_says)
def an_ordinary_page_is_mapped(mm: Mm, address: Address) -> bool:
    """An ordinary page is mapped, and no page-table section is open."""
    match mm.table[address]:
        case Present(page, _, _):
            return isinstance(page.mapping, Anon) and not locked(mm.ptl)
        case _:
            return False


@invariant(source="KSM.md 32 exksm_copy_rmap; af34770e55ea")
def p12_copy_is_the_vmas_own(mm: Mm, address: Address) -> bool:
    """A copy made at a swap-in is mapped once, and a walk from it looks at this vma only."""
    match mm.table[address]:
        case Present(page, _, _):
            if not page.ksm_copy or locked(mm.ptl):
                return True
            match page.mapping:
                case Anon(anon_vma):
                    return page.mapcount == 1 and anon_vma == mm.anon_vma
                case _:
                    return False
        case _:
            return True


@witness(p12_copy_is_the_vmas_own)
def a_copy_is_mapped(mm: Mm, address: Address) -> bool:
    """A copy made at a swap-in is mapped, and no page-table section is open."""
    match mm.table[address]:
        case Present(page, _, _):
            return page.ksm_copy and not locked(mm.ptl)
        case _:
            return False
