"""The life of an anon_vma: its list of vmas, its count, and how a walk gets its lock.

Kernel: v2.6.33, with the guards of db114b83ab6c and 80e148226028 as patches.
Source: mm/rmap.c (anon_vma_unlink, anon_vma_free, page_lock_anon_vma, page_unlock_anon_vma),
    mm/ksm.c (hold_anon_vma, drop_anon_vma), include/linux/mm_types.h.
Question: none; a part of the kernel that scenarios build on.
Keeps: that the list and the count are judged under the lock and the memory freed after it; that the
    count drops to zero and the lock is taken in one go; that the slab is type-stable under RCU, so
    page_lock_anon_vma may lock an anon_vma that has been freed; the single load of page->mapping.
Abstracts: an mm has one vma, so the list is a set of mms; it is touched under the lock only.
Not covered: anon_vma_prepare and merging (an mm's anon_vma is given by the setup), fork's link,
    anon_vma_chain and the root lock (v2.6.34, v2.6.36).
"""

from __future__ import annotations

from ksmcheck.lang import (
    atomic,
    dec_and_lock,
    dec_and_test,
    free,
    patched,
    plain,
    rcu_read_lock,
    rcu_read_unlock,
    refcount_set,
    routine,
    spin_lock,
    spin_unlock,
)
from models.kernel.objects import Anon, AnonVma, Mm, Page, RmapItem


@routine(source="mm/rmap.c", kernel="v2.6.33")
def anon_vma_unlink(mm: Mm) -> None:
    """The vma leaves the list; the anon_vma is freed if it is the last and no item names it."""
    anon_vma = mm.anon_vma
    if anon_vma is None:
        return
    spin_lock(anon_vma.lock)
    anon_vma.vmas.discard(mm)
    empty = len(anon_vma.vmas) == 0
    if empty and patched("anon-vma-unlink-counts"):
        empty = anon_vma.ksm_refcount == 0
    spin_unlock(anon_vma.lock)
    if empty:
        anon_vma_free(anon_vma)


@routine(source="mm/rmap.c", kernel="v2.6.33")
def anon_vma_free(anon_vma: AnonVma) -> None:
    """Back to the slab, which is type-stable under RCU."""
    free(anon_vma)


@routine(source="mm/ksm.c", kernel="v2.6.33")
def hold_anon_vma(rmap_item: RmapItem, anon_vma: AnonVma) -> None:
    """The item names the anon_vma, which has to stay for it."""
    rmap_item.anon_vma = anon_vma
    if patched("anon-vma-ref"):
        get_anon_vma(anon_vma)


@routine(source="include/linux/rmap.h", kernel="v2.6.33")
def get_anon_vma(anon_vma: AnonVma) -> None:
    """atomic_inc: the count may well be zero, as long as the anon_vma is on some vma."""
    with atomic("one atomic_inc, which unlike refcount_inc does not mind a zero"):
        refcount_set(anon_vma.ksm_refcount, anon_vma.ksm_refcount + 1)


@routine(source="mm/ksm.c", kernel="v2.6.33")
def drop_anon_vma(rmap_item: RmapItem) -> None:
    """The item names it no longer; the last one frees it if no vma is left."""
    if not patched("anon-vma-ref"):
        return
    anon_vma = rmap_item.anon_vma
    assert anon_vma is not None, "an rmap_item of the stable tree has no anon_vma"
    put_anon_vma(anon_vma)


@routine(source="mm/rmap.c", kernel="v2.6.33")
def put_anon_vma(anon_vma: AnonVma) -> None:
    """A user less; the last one frees it if no vma is left."""
    if patched("anon-vma-drop-locked"):
        if dec_and_lock(anon_vma.ksm_refcount, anon_vma.lock):
            empty = len(anon_vma.vmas) == 0
            spin_unlock(anon_vma.lock)
            if empty:
                anon_vma_free(anon_vma)
    elif dec_and_test(anon_vma.ksm_refcount) and len(anon_vma.vmas) == 0:
        anon_vma_free(anon_vma)


@routine(source="mm/rmap.c", kernel="v2.6.33")
def page_lock_anon_vma(page: Page) -> AnonVma | None:
    """The locked anon_vma of a page that may be in any state; RCU keeps it an anon_vma.

    The flag test and the pointer have to come from one load: between two, the page may become a
    KSM page, and its stable_node be taken for a spinlock.
    """
    rcu_read_lock()
    anon_vma = mapped_anon_vma(page)
    if anon_vma is None:
        rcu_read_unlock()
        return None
    spin_lock(anon_vma.lock)
    if patched("recheck-mapped") and page.mapcount == 0:
        page_unlock_anon_vma(anon_vma)
        return None
    return anon_vma


@routine(source="mm/rmap.c", kernel="v2.6.33")
def mapped_anon_vma(page: Page) -> AnonVma | None:
    """What page_lock_anon_vma takes for the anon_vma of a mapped page."""
    if patched("single-load"):
        anon_mapping = page.mapping
        if isinstance(anon_mapping, Anon) and page.mapcount > 0:
            return anon_mapping.anon_vma
        return None
    mapping = plain(page.mapping)
    if isinstance(mapping, Anon) and page.mapcount > 0:
        return mapping.anon_vma
    return None


@routine(source="mm/rmap.c", kernel="v2.6.33")
def page_unlock_anon_vma(anon_vma: AnonVma) -> None:
    """The end of a walk that page_lock_anon_vma began."""
    spin_unlock(anon_vma.lock)
    rcu_read_unlock()
