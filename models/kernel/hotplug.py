"""Memory hotremove: a section of memory goes offline, and its struct pages with it.

Kernel: v2.6.33.
Source: mm/memory_hotplug.c (offline_pages), mm/ksm.c (ksm_memory_callback, ksm_check_stable_tree).
Question: none; a part of the kernel that scenarios build on.
Keeps: the three notifications, and that KSM holds its mutex from the first to the last; that what
    could not be moved or freed cancels the whole; that the nodes of frames that have gone offline
    are removed without a look at the frames.
Abstracts:
    A section is one frame, which is tried once. The kernel comes back until it has a timeout.
    The frame is isolated at the end, not from the beginning: handed out in between, it cancels.
    The struct page is gone as soon as its frame is offline; the kernel's user asks for that later.
    KSM_RUN_OFFLINE (v3.9), a bit instead of the mutex, keeps out the same actors.
Not covered: pagevecs, the notifier chain and its lock (KSM.md entry 40), several frames.
"""

from __future__ import annotations

from ksmcheck.lang import (
    alloc,
    atomic,
    mutex_lock,
    mutex_unlock,
    patched,
    pool,
    routine,
    wait_until,
)
from models.kernel.ksm_lists import ksm_thread_mutex
from models.kernel.ksm_nodes import remove_node_from_stable_tree
from models.kernel.ksm_trees import root_stable_tree
from models.kernel.migrate import migrate_pages
from models.kernel.objects import Page, StableNode

offline_frame: Page | None
"""The frame that has been taken out."""


@routine(source="mm/memory_hotplug.c", kernel="v2.6.33")
def offline_pages(page: Page) -> bool:
    """Takes a frame out of the system, if its page can be moved or is free by then."""
    ksm_going_offline()
    migrate_pages(page, True)
    offline = page.refcount == 0
    if offline:
        offline_isolated_page(page)
        ksm_offline(page)
    ksm_end_offline()
    if offline:
        page.removed = True
    return offline


@routine(source="mm/page_alloc.c", kernel="v2.6.33")
def offline_isolated_page(page: Page) -> None:
    """Takes the frame off the free list. A frozen page gets there first."""
    global offline_frame
    with atomic("one zone->lock section"):
        taken = alloc(Page)
        wait_until(taken == page)
        offline_frame = taken


@routine(source="mm/ksm.c", kernel="v2.6.33")
def ksm_going_offline() -> None:
    """MEM_GOING_OFFLINE."""
    if patched("ktm-over-offline"):
        mutex_lock(ksm_thread_mutex)


@routine(source="mm/ksm.c", kernel="v2.6.33")
def ksm_offline(page: Page) -> None:
    """MEM_OFFLINE: the nodes that still point to the frame are removed."""
    if not patched("kpfn-prune-on-offline"):
        return
    for stable_node in pool(StableNode):
        if stable_node in root_stable_tree and stable_node.kpfn == page:
            remove_node_from_stable_tree(stable_node)


@routine(source="mm/ksm.c", kernel="v2.6.33")
def ksm_end_offline() -> None:
    """The end of MEM_OFFLINE, and MEM_CANCEL_OFFLINE."""
    if patched("ktm-over-offline"):
        mutex_unlock(ksm_thread_mutex)
