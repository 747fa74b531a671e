"""Page migration: a page's content and its ptes move to another frame.

Kernel: v2.6.33; v2.6.35 and v3.9 with their patches.
Source: mm/migrate.c (migrate_pages, unmap_and_move, move_to_new_page, migrate_page,
    migrate_page_move_mapping, migrate_page_copy), mm/ksm.c (ksm_migrate_page), mm/vmscan.c
    (isolate_lru_page of one page).
Question: none; a part of the kernel that scenarios build on.
Keeps: the new frame before the page lock; that no page is KSM or not for sure before that lock;
    that the new page has the old one's mapping before anybody's references are looked at; that a
    page that is not in the swap cache is judged by a plain look at its count, and one that is has
    its count frozen while the swap cache changes over; that content, node and mapping follow.
Abstracts:
    One attempt to move one page: migrate_pages would come back to a busy page up to ten times.
    The old page's mapping is cleared with the rest of it, as in v2.6.33; in the kernels that clear
        it after the ptes are restored (read: v3.10) only from c8d6553b9580 on.
Not covered: file pages, memcg, mlock, the order of pages, huge pages, waiting for writeback.
"""

from __future__ import annotations

from ksmcheck.lang import (
    Enum,
    alloc,
    atomic,
    choose,
    freeze,
    patched,
    rcu_read_lock,
    rcu_read_unlock,
    refcount_dec,
    refcount_inc,
    routine,
    unfreeze,
)
from models.kernel.anon_vma import (
    get_anon_vma,
    page_lock_anon_vma,
    page_unlock_anon_vma,
    put_anon_vma,
)
from models.kernel.ksm_rmap import page_stable_node
from models.kernel.lru import putback_lru_page
from models.kernel.migrate_ptes import remove_migration_ptes
from models.kernel.objects import Anon, AnonVma, Ksm, NoMapping, Page
from models.kernel.page import PageAnon, PageKsm, lock_page, trylock_page, unlock_page
from models.kernel.rmap import Ttu
from models.kernel.unmap import try_to_unmap


class Migration(Enum):
    """How an attempt ended."""

    SUCCESS = 0
    EAGAIN = 1
    EBUSY = 2
    ENOMEM = 3


@routine(source="mm/vmscan.c", kernel="v2.6.33")
def isolate_page(page: Page) -> bool:
    """isolate_lru_page: takes this page off the LRU, with a reference, if it is there."""
    with atomic("one lru_lock section"):
        if not page.lru or page.refcount == 0:
            return False
        if PageKsm(page) and not patched("ksm-swappable"):
            return False
        refcount_inc(page.refcount)
        page.lru = False
        page.isolated = True
        return True


@routine(source="mm/migrate.c", kernel="v2.6.33")
def migrate_pages(page: Page, offlining: bool) -> bool:
    """Isolates the page and tries to move it once. True if that emptied the old frame."""
    if not isolate_page(page):
        return False
    result = unmap_and_move(page, choose(False, True), offlining)
    putback_lru_page(page)
    return result == Migration.SUCCESS


@routine(source="mm/migrate.c", kernel="v2.6.33")
def unmap_and_move(page: Page, force: bool, offlining: bool) -> Migration:
    """Gets a frame and the page lock, and tries. Without ``force`` a locked page is left alone."""
    newpage = alloc(Page, refcount=1, may_sleep=True)
    if newpage is None:
        return Migration.ENOMEM
    result = Migration.SUCCESS
    if page.refcount != 1:
        result = Migration.EAGAIN
        locked = trylock_page(page)
        if not locked and force:
            lock_page(page)
            locked = True
        if locked:
            result = unmap_and_move_locked(page, newpage, offlining)
            unlock_page(page)
    putback_lru_page(newpage)
    return result


@routine(source="mm/migrate.c", kernel="v2.6.33")
def unmap_and_move_locked(page: Page, newpage: Page, offlining: bool) -> Migration:
    """The part under the old page's lock: only now it cannot become a KSM page any more."""
    only_offline = patched("ksm-migration-offline-only")
    if only_offline and not patched("ksm-migration-everywhere") and PageKsm(page) and not offlining:
        return Migration.EBUSY
    if page.writeback:
        return Migration.EAGAIN
    remap_swapcache = True
    anon_vma: AnonVma | None = None
    rcu_read_lock()
    if patched("anon-vma-ref-migration") and refers_to_anon_vma(page):
        anon_vma = page_get_anon_vma(page)
        if anon_vma is None:
            if page.private is None:
                rcu_read_unlock()
                return Migration.EAGAIN
            remap_swapcache = False
    result = Migration.EAGAIN
    if PageAnon(page):
        try_to_unmap(page, Ttu.MIGRATION)
    if page.mapcount == 0:
        result = move_to_new_page(newpage, page, remap_swapcache)
    if result != Migration.SUCCESS and remap_swapcache:
        remove_migration_ptes(page, page)
    if anon_vma is not None:
        put_anon_vma(anon_vma)
    rcu_read_unlock()
    return result


@routine(source="mm/migrate.c", kernel="v3.9")
def refers_to_anon_vma(page: Page) -> bool:
    """Whether an anon_vma has to be kept; before v3.9 a KSM page was not told apart."""
    if patched("ksm-migration-everywhere") and PageKsm(page):
        return False
    return PageAnon(page)


@routine(source="mm/migrate.c", kernel="v2.6.35")
def page_get_anon_vma(page: Page) -> AnonVma | None:
    """Counts on the anon_vma of a mapped page; None if no pte maps the page.

    v2.6.38 does it under the anon_vma's lock, and finds none for a KSM page. Before that nothing
    kept the anon_vma between the look at the mapcount and the count, and there was no test for a
    KSM page, whose anon_vma is NULL (KSM.md entry 21).
    """
    if patched("migration-locks-anon-vma"):
        locked = page_lock_anon_vma(page)
        if locked is not None:
            get_anon_vma(locked)
            page_unlock_anon_vma(locked)
        return locked
    if page.mapcount == 0:
        return None
    match page.mapping:
        case Anon(anon_vma):
            get_anon_vma(anon_vma)
            return anon_vma
        case mapping:
            assert isinstance(mapping, Anon), "the anon_vma of a KSM page is NULL"
            return None


@routine(source="mm/migrate.c", kernel="v2.6.33")
def move_to_new_page(newpage: Page, page: Page, remap_swapcache: bool) -> Migration:
    """Moves everything, the ptes last. Nobody else has the new page yet."""
    locked = trylock_page(newpage)
    assert locked, "somebody else has locked a page that nobody knows"
    newpage.index = page.index
    newpage.mapping = page.mapping
    if not migrate_page_move_mapping(newpage, page):
        newpage.mapping = NoMapping()
        unlock_page(newpage)
        return Migration.EAGAIN
    migrate_page_copy(newpage, page)
    if remap_swapcache:
        remove_migration_ptes(page, newpage)
    if patched("ksm-migrate-invalidates-old"):
        page.mapping = NoMapping()
        page.upgraded = False
    unlock_page(newpage)
    return Migration.SUCCESS


@routine(source="mm/migrate.c", kernel="v2.6.33")
def migrate_page_move_mapping(newpage: Page, page: Page) -> bool:
    """Takes over the swap cache, if the isolation has the only other reference to the page."""
    if page.private is None:
        return page.refcount == 1
    with atomic("the checks of one tree_lock section; slot and cache entry are fixed"):
        if page.refcount != 2:
            return False
        freeze(page.refcount, 2)
    with atomic("the change-over of the same tree_lock section"):
        slot = page.private
        assert slot is not None, "checked above, under the page lock"
        refcount_inc(newpage.refcount)
        newpage.private = slot
        slot.page = newpage
        newpage.source = page
    unfreeze(page.refcount, 2)
    refcount_dec(page.refcount)
    return True


@routine(source="mm/migrate.c", kernel="v2.6.33")
def migrate_page_copy(newpage: Page, page: Page) -> None:
    """Content and flags; then the old page is nobody's."""
    with atomic("a page is copied at one moment, into a page that is locked"):
        newpage.content = page.content
        newpage.source = None
    if page.dirty:
        page.dirty = False
        newpage.dirty = True
    ksm_migrate_page(newpage, page)
    page.private = None
    if not patched("ksm-migrate-invalidates-old"):
        page.mapping = NoMapping()
        page.upgraded = False
        page.keyed = None


@routine(source="mm/ksm.c", kernel="v2.6.33")
def ksm_migrate_page(newpage: Page, oldpage: Page) -> None:
    """The node follows its page. Both are locked, and both mappings point to the node.

    v3.9 makes the old page a KSM page without a node at once, after the node has changed over.
    """
    if not patched("ksm-rmap-walk"):
        return
    stable_node = page_stable_node(newpage)
    if stable_node is None:
        return
    assert stable_node.kpfn == oldpage, "a KSM page is moved that is not its node's"
    stable_node.kpfn = newpage
    newpage.upgraded = True
    newpage.keyed = stable_node
    if patched("ksm-migrate-invalidates-old"):
        oldpage.mapping = Ksm(None)
        oldpage.keyed = None
