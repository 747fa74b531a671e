"""Charges: whoever has memory pays for it, once, and no longer than he has it."""

from __future__ import annotations

from ksmcheck.lang import end_property, invariant, is_live, pool, predicate, witness
from models.kernel.objects import MemCgroup, Page
from properties.counting import page_tables_quiet, reclaim_at_work


@predicate
def mapped_at_rest(page: Page) -> bool:
    """Some pte maps the page, and no page-table section is open."""
    return page.mapcount > 0 and page_tables_quiet()


@invariant(source="KSM.md P22 memcg_once: a charge for each mapped page; 407f9c8b0889")
def p22_mapped_is_charged(page: Page) -> bool:
    """A page that is mapped is charged to a group."""
    return not mapped_at_rest(page) or page.cgroup is not None


@witness(p22_mapped_is_charged)
def a_copy_is_mapped(page: Page) -> bool:
    """A copy made at a swap-in is mapped."""
    return mapped_at_rest(page) and page.ksm_copy


@invariant(source="KSM.md P22 memcg_once: no charge for a free page")
def p22_free_is_uncharged(page: Page) -> bool:
    """A page that is free is charged to nobody."""
    return is_live(page) or page.cgroup is None


@witness(p22_free_is_uncharged)
def charged(page: Page) -> bool:
    """A page is charged."""
    return page.cgroup is not None


@end_property(source="KSM.md P22 memcg_once: each charge is for a page")
def p22_usage_exact(mem: MemCgroup) -> bool:
    """When nobody is at work, a group's usage is the number of the pages charged to it."""
    return reclaim_at_work() or mem.usage == sum(1 for p in pool(Page) if p.cgroup == mem)


@witness(p22_usage_exact)
def nothing_charged_at_the_end(mem: MemCgroup) -> bool:
    """A group has no page at the end."""
    return mem.usage == 0
