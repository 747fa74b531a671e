"""Where a page belongs: which family of anon_vmas, and which place in it.

Kernel: v2.6.33; patch anon-vma-root as in 2.6.36.2.
Source: mm/rmap.c (__page_set_anon_rmap, vma_address, page_address_in_vma), include/linux/pagemap.h
    (linear_page_index), include/linux/rmap.h (struct anon_vma, root).
Question: none; a part of the kernel that scenarios build on.
Keeps: that a page says whose it is when its first pte comes, and since v2.6.36 does not change its
    mind; that a page which may be another vma's, too, is filed under the root of the family.
Abstracts: without anon-vma-families every page is of its place, and an anon_vma is its own root.
Not covered: page_move_anon_rmap (v2.6.34), the lock of the root, chains that grow at run time.
"""

from __future__ import annotations

from ksmcheck.lang import configured, patched, routine, symbolic
from models.kernel.objects import (
    ADDRESSES,
    Address,
    Anon,
    AnonVma,
    Mm,
    NoMapping,
    Page,
    PageOffset,
)


@routine(source="include/linux/rmap.h", kernel="v2.6.36")
def root_of(anon_vma: AnonVma) -> AnonVma:
    """The oldest anon_vma of the family."""
    root = anon_vma.root
    return anon_vma if root is None else root


@routine(source="mm/rmap.c", kernel="v2.6.35")
def of_the_family(anon_vma: AnonVma, mm: Mm) -> bool:
    """May a page of this anon_vma be mapped in the mm's vma, as far as the anon_vma goes?"""
    own = mm.anon_vma
    if not configured("anon-vma-families") or not patched("anon-vma-root") or own is None:
        return anon_vma == own
    return root_of(anon_vma) == root_of(own)


@routine(source="include/linux/pagemap.h")
def linear_page_index(mm: Mm, address: Address) -> PageOffset:
    """The place of an address in the family."""
    if symbolic(PageOffset) or configured("anon-vma-families"):
        return mm.pgoff + address
    return address


@routine(source="mm/rmap.c")
def vma_covers(mm: Mm, page: Page) -> bool:
    """vma_address has an answer: the page's place is inside the mm's vma."""
    if not symbolic(PageOffset) and not configured("anon-vma-families"):
        return True
    index = page.index
    return mm.pgoff <= index and index < mm.pgoff + ADDRESSES


@routine(source="mm/rmap.c")
def vma_address(mm: Mm, page: Page) -> Address:
    """At which address of the mm the page's place is: the only one, where offsets are unknown."""
    if not configured("anon-vma-families"):
        return 0 if symbolic(PageOffset) else page.index
    return 0 if symbolic(PageOffset) else page.index - mm.pgoff


@routine(source="mm/rmap.c", kernel="v2.6.35")
def set_anon_mapping(page: Page, mm: Mm, address: Address, exclusive: bool) -> None:
    """__page_set_anon_rmap: the page belongs to the mm's anon_vma, or to its family."""
    if not configured("CONFIG_KSM"):
        return
    anon_vma = mm.anon_vma
    assert anon_vma is not None, "a page is mapped where there is no vma"
    if configured("anon-vma-families") and patched("anon-vma-root"):
        if not isinstance(page.mapping, NoMapping):
            return
        if not exclusive:
            anon_vma = root_of(anon_vma)
    page.mapping = Anon(anon_vma)
    if symbolic(PageOffset) or configured("anon-vma-families"):
        page.index = linear_page_index(mm, address)
