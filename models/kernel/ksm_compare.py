"""What ksmd learns from the contents of pages: their order, and their checksums.

Kernel: v2.6.33; the same in every version of patches.py.
Source: mm/ksm.c (memcmp_pages, pages_identical, calc_checksum).
Question: none; a part of the kernel that scenarios build on.
Keeps: that neither page need be locked or write-protected, so that what is compared may be outdated
    before the answer is used; that the two pages are read one after the other.
Abstracts: a page is read in one step, for its content is one value. Where contents are integers a
    checksum is that integer, equal exactly if the contents are; where they are symbols it may
    collide (ksm_hash_collision).
Not covered: comparisons that read half of an old and half of a new content.
"""

from __future__ import annotations

from ksmcheck.lang import Enum, routine, uninterpreted
from models.kernel.objects import Checksum, Content, Page


class Order(Enum):
    """What memcmp answers."""

    LESS = 0
    EQUAL = 1
    GREATER = 2


@routine(source="mm/ksm.c", kernel="v2.6.33")
def memcmp_pages(page: Page, other: Page) -> Order:
    """The order of two contents."""
    content = page.content
    compared = other.content
    if content < compared:
        return Order.LESS
    if content > compared:
        return Order.GREATER
    return Order.EQUAL


@routine(source="mm/ksm.c", kernel="v2.6.33")
def pages_identical(page: Page, other: Page) -> bool:
    """memcmp: neither page need be locked or write-protected."""
    return page.content == other.content


@routine(source="mm/ksm.c", kernel="v2.6.33")
def calc_checksum(page: Page) -> Checksum:
    """A function of the content and of nothing else."""
    return jhash2(page.content)


@uninterpreted
def jhash2(content: Content) -> Checksum:
    """One checksum for one content, and perhaps for another one as well."""
