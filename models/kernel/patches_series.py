"""The kernel patches up to v2.6.33: the first KSM, and the series "ksm: swapping" of November 2009.

The nine patches of the series are 1/9 to 9/9 in the summaries; a guard that is a part of one of
them has an id of its own. patches.py has the list that scenarios use.
"""

from __future__ import annotations

from ksmcheck.lang import Patch

PATCHES_OF_THE_SERIES = [
    Patch(
        id="swapoff-own-entry",
        commit="68bdc8d64742",
        title="mm: try_to_unuse check removing right swap",
        date="2009-01-06",
        release="v2.6.29",
        summary="swapoff takes a page out of the swap cache only if it is there under the slot "
        "that swapoff came for.",
    ),
    Patch(
        id="count-references",
        commit="31dbd01f3143",
        title="ksm: Kernel SamePage Merging",
        date="2009-09-22",
        release="v2.6.32",
        summary="ksmd merges a page only if nobody but its ptes, the swap cache and ksmd has a "
        "reference to it. A part of that commit.",
    ),
    Patch(
        id="clear-before-count",
        commit="31dbd01f3143",
        title="ksm: Kernel SamePage Merging",
        date="2009-09-22",
        release="v2.6.32",
        summary="ksmd empties the pte and flushes the TLBs before it compares the counts of the "
        "page. A part of that commit.",
    ),
    Patch(
        id="exit-waits-for-ksmd",
        commit="9ba692948008",
        title="ksm: fix oom deadlock",
        date="2009-09-21",
        release="v2.6.32",
        summary="An exiting mm with rmap_items, or at the cursor, takes mmap_sem once before its "
        "page tables go. A part of that commit.",
    ),
    Patch(
        id="unmerge-before-move",
        commit="1ff829957316",
        title="ksm: prevent mremap move poisoning",
        date="2009-09-21",
        release="v2.6.32",
        summary="mremap takes back the merges of an area before it moves it.",
    ),
    Patch(
        id="wp-copies-ksm",
        commit="9a840895147b",
        title="ksm: identify PageKsm pages",
        date="2009-09-21",
        release="v2.6.32",
        summary="do_wp_page never asks whether a KSM page may be reused, it copies. A part of "
        "that commit.",
    ),
    Patch(
        id="node-points-to-page",
        commit="08beca44dfb0",
        title="ksm: stable_node point to page and back",
        date="2009-12-14",
        release="v2.6.33",
        summary="A node of the stable tree has its page, with a reference, and the page its node: "
        "a search needs no rmap_item and no mm to come to a page.",
    ),
    Patch(
        id="munlock-replaced",
        commit="73848b4684e8",
        title="ksm: fix mlockfreed to munlocked",
        date="2009-12-14",
        release="v2.6.33",
        summary="When ksmd replaces a page in a locked vma it munlocks it, and mlocks the KSM page "
        "in its place.",
    ),
    Patch(
        id="ksm-swappable",
        commit="5ad6468801d28c4d4ac9f48ec19297817c915f6a",
        title="ksm: let shared pages be swappable",
        date="2009-12-14",
        release="v2.6.33",
        summary="KSM pages are on the LRU, and one that is down to one pte stays a KSM page. A "
        "part of that commit.",
    ),
    Patch(
        id="page-lock-hlist",
        commit="5ad6468801d28c4d4ac9f48ec19297817c915f6a",
        title="ksm: let shared pages be swappable",
        date="2009-12-14",
        release="v2.6.33",
        summary="ksmd holds the page lock whenever it changes the list of the rmap_items of a KSM "
        "page. A part of that commit.",
    ),
    Patch(
        id="reuse-refuses-ksm",
        commit="5ad6468801d28c4d4ac9f48ec19297817c915f6a",
        title="ksm: let shared pages be swappable",
        date="2009-12-14",
        release="v2.6.33",
        summary="reuse_swap_page never lets a write fault have a KSM page. A part of that commit.",
    ),
    Patch(
        id="anon-vma-ref",
        commit="db114b83ab6064d9b1d6ec5650e096c89bd95e25",
        title="ksm: hold anon_vma in rmap_item",
        date="2009-12-14",
        release="v2.6.33",
        summary="An rmap_item of the stable tree counts as a user of its anon_vma. A part of that "
        "commit.",
    ),
    Patch(
        id="anon-vma-ref-under-mmap-sem",
        commit="db114b83ab6064d9b1d6ec5650e096c89bd95e25",
        title="ksm: hold anon_vma in rmap_item",
        date="2009-12-14",
        release="v2.6.33",
        summary="The count is taken before mmap_sem is released, while there is a vma to keep the "
        "anon_vma. A part of that commit.",
    ),
    Patch(
        id="anon-vma-unlink-counts",
        commit="db114b83ab6064d9b1d6ec5650e096c89bd95e25",
        title="ksm: hold anon_vma in rmap_item",
        date="2009-12-14",
        release="v2.6.33",
        summary="anon_vma_unlink frees an anon_vma only if no rmap_item counts on it. A part of "
        "that commit.",
    ),
    Patch(
        id="anon-vma-drop-locked",
        commit="db114b83ab6064d9b1d6ec5650e096c89bd95e25",
        title="ksm: hold anon_vma in rmap_item",
        date="2009-12-14",
        release="v2.6.33",
        summary="The last rmap_item drops its count and looks at the list of vmas under the "
        "anon_vma's lock. A part of that commit.",
    ),
    Patch(
        id="rmap-second-pass",
        commit="db114b83ab6064d9b1d6ec5650e096c89bd95e25",
        title="ksm: hold anon_vma in rmap_item",
        date="2009-12-14",
        release="v2.6.33",
        summary="A walk from a KSM page goes over the rmap_items a second time, for the vmas of "
        "other mms: forks that ksmd has not come to. A part of that commit.",
    ),
    Patch(
        id="keyhole-reference",
        commit="4035c07a8959",
        title="ksm: take keyhole reference to page",
        date="2009-12-14",
        release="v2.6.33",
        summary="A stable_node holds no reference to its page and looks each time whether it is "
        "still its page. A part of that commit.",
    ),
    Patch(
        id="get-unless-zero",
        commit="4035c07a8959",
        title="ksm: take keyhole reference to page",
        date="2009-12-14",
        release="v2.6.33",
        summary="get_ksm_page takes its reference only from a page that is neither free nor "
        "frozen. A part of that commit.",
    ),
    Patch(
        id="keyhole-recheck",
        commit="4035c07a8959",
        title="ksm: take keyhole reference to page",
        date="2009-12-14",
        release="v2.6.33",
        summary="get_ksm_page compares page->mapping again after it has the reference. A part of "
        "that commit.",
    ),
    Patch(
        id="clear-mapping-on-free",
        commit="4035c07a8959",
        title="ksm: take keyhole reference to page",
        date="2009-12-14",
        release="v2.6.33",
        summary="Freeing an anonymous page clears page->mapping. Older than that commit, which is "
        "the first to rely on it.",
    ),
    Patch(
        id="no-break-cow-retry",
        commit="4035c07a8959",
        title="ksm: take keyhole reference to page",
        date="2009-12-14",
        release="v2.6.33",
        summary="ksmd no longer breaks the sharing of a KSM page that it finds outside the "
        "stable tree. A part of that commit.",
    ),
    Patch(
        id="upgrade-in-place",
        commit="80e148226028257ec0a1909d99b2c40d0ffe17f2",
        title="ksm: share anon page without allocating",
        date="2009-12-14",
        release="v2.6.33",
        summary="The first of two equal pages becomes the KSM page, instead of a copy that "
        "replaces both.",
    ),
    Patch(
        id="single-load",
        commit="80e148226028257ec0a1909d99b2c40d0ffe17f2",
        title="ksm: share anon page without allocating",
        date="2009-12-14",
        release="v2.6.33",
        summary="page_lock_anon_vma tests the flags and takes the pointer from one load of "
        "page->mapping. A part of that commit.",
    ),
    Patch(
        id="page-lock-add-rmap",
        commit="80e148226028257ec0a1909d99b2c40d0ffe17f2",
        title="ksm: share anon page without allocating",
        date="2009-12-14",
        release="v2.6.33",
        summary="do_swap_page adds its pte to the page's count with the page locked. Older than "
        "that commit, which is the first to rely on it.",
    ),
    Patch(
        id="charge-copy",
        commit="407f9c8b0889",
        title="ksm: mem cgroup charge swapin copy",
        date="2009-12-14",
        release="v2.6.33",
        summary="A page that is not in the swap cache is charged to the mm at swap-in: it may be a "
        "copy that KSM needs.",
    ),
    Patch(
        id="ksm-rmap-walk",
        commit="e9995ef978a7d5296fe04a9a2c5ca6e66d8bb4e5",
        title="ksm: rmap_walk to remove_migation_ptes",
        date="2009-12-14",
        release="v2.6.33",
        summary="Migration finds the ptes of a KSM page again, and its node follows it. 7/9.",
    ),
    Patch(
        id="ksm-migration-offline-only",
        commit="62b61f611eb5e20f7e9f8619bfd03bdfe8af6348",
        title="ksm: memory hotremove migration only",
        date="2009-12-14",
        release="v2.6.33",
        summary="Only memory hotremove moves KSM pages. A part of 8/9.",
    ),
    Patch(
        id="ktm-over-offline",
        commit="62b61f611eb5e20f7e9f8619bfd03bdfe8af6348",
        title="ksm: memory hotremove migration only",
        date="2009-12-14",
        release="v2.6.33",
        summary="ksmd is locked out while memory goes offline. A part of 8/9.",
    ),
    Patch(
        id="kpfn-prune-on-offline",
        commit="62b61f611eb5e20f7e9f8619bfd03bdfe8af6348",
        title="ksm: memory hotremove migration only",
        date="2009-12-14",
        release="v2.6.33",
        summary="Nodes whose frame has gone offline are removed. A part of 8/9.",
    ),
    Patch(
        id="no-page-limit",
        commit="2c6854fdadf9",
        title="ksm: remove unswappable max_kernel_pages",
        date="2009-12-14",
        release="v2.6.33",
        summary="The number of KSM pages has no limit any more: they can be swapped. 9/9.",
    ),
]
