"""The kernel patches that the models know, oldest first.

A kernel version is the set of patches released up to it. A routine asks ``patched("id")`` where a
patch changed the code.
"""

from __future__ import annotations

from ksmcheck.lang import Patch

PATCHES = [
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
        id="wp-copies-ksm",
        commit="9a840895147b",
        title="ksm: identify PageKsm pages",
        date="2009-09-21",
        release="v2.6.32",
        summary="do_wp_page never asks whether a KSM page may be reused, it copies. A part of "
        "that commit.",
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
        id="anon-vma-ref-migration",
        commit="3f6c82728f4e31a97c3a1b32abccb512fed0b573",
        title="mm: migration: take a reference to the anon_vma before migrating",
        date="2010-05-24",
        release="v2.6.35",
        summary="Migration counts as a user of the anon_vma of the page that it moves.",
    ),
    Patch(
        id="recheck-mapped",
        commit="f18194275c39835cb84563500995e0d503a32d9a",
        title="mm: fix hang on anon_vma->root->lock",
        date="2010-08-26",
        release="v2.6.36",
        summary="page_lock_anon_vma looks whether the page is still mapped when it has the lock.",
    ),
    Patch(
        id="swapin-recheck",
        commit="4969c1192d15afa3389e7ae3302096ff684ba655",
        title="mm: fix swapin race condition",
        date="2010-09-09",
        release="v2.6.36",
        summary="do_swap_page gives up when the page has left the swap cache while it waited for "
        "the page lock. A part of that commit.",
    ),
    Patch(
        id="swapin-copy-locked",
        commit="4969c1192d15afa3389e7ae3302096ff684ba655",
        title="mm: fix swapin race condition",
        date="2010-09-09",
        release="v2.6.36",
        summary="do_swap_page keeps lock and reference of a page that it has to copy until the "
        "slot is given back. A part of that commit.",
    ),
    Patch(
        id="swapin-recheck-entry",
        commit="31c4a3d3a0f84a5847665f8aa0552d188389f791",
        title="mm: further fix swapin race condition",
        date="2010-09-20",
        release="v2.6.36",
        summary="do_swap_page also gives up when the page is in the swap cache under another slot.",
    ),
    Patch(
        id="ksm-dirty-transfer",
        commit="4e31635c367a",
        title="ksm: fix bad user data when swapping",
        date="2010-10-02",
        release="v2.6.36",
        summary="write_protect_page takes the pte's dirty bit over to the page, and does so for a "
        "read-only pte that is dirty, too.",
    ),
    Patch(
        id="migration-locks-anon-vma",
        commit="1ce82b69e96c",
        title="mm: fix migration hangs on anon_vma lock",
        date="2011-01-13",
        release="v2.6.38",
        summary="Migration takes the anon_vma's lock to count on it.",
    ),
    Patch(
        id="recheck-head",
        commit="2b472611a32a",
        title="ksm: fix NULL pointer dereference in scan_get_next_rmap_item()",
        date="2011-06-15",
        release="v3.0",
        summary="ksmd looks whether the list of mms is empty again, now under its lock, before it "
        "takes the first entry for an mm_slot.",
    ),
    Patch(
        id="swapoff-copies",
        commit="9e16b7fb1d06",
        title="mm,ksm: swapoff might need to copy",
        date="2013-02-23",
        release="v3.9",
        summary="swapoff, too, restores a pte with a copy of a page that is not the vma's.",
    ),
    Patch(
        id="remove-all-stable-nodes",
        commit="cbf86cfe04a6",
        title="ksm: remove old stable nodes more thoroughly",
        date="2013-02-22",
        release="v3.9",
        summary="When all is unmerged, what is left in the stable tree is removed. A part of "
        "that commit.",
    ),
    Patch(
        id="enter-at-tail-when-unmerging",
        commit="cbf86cfe04a6",
        title="ksm: remove old stable nodes more thoroughly",
        date="2013-02-22",
        release="v3.9",
        summary="An mm that comes to KSM while all is being unmerged goes to the end of the "
        "list. A part of that commit.",
    ),
    Patch(
        id="copy-when-unmerging",
        commit="cbf86cfe04a6",
        title="ksm: remove old stable nodes more thoroughly",
        date="2013-02-22",
        release="v3.9",
        summary="A fault copies a KSM page out of the swap cache while all is being unmerged, "
        "or if it has no node. A part of that commit.",
    ),
    Patch(
        id="get-ksm-page-locked",
        commit="8aafa6a485ae",
        title="ksm: get_ksm_page locked",
        date="2013-02-22",
        release="v3.9",
        summary="ksmd takes an item off a list only while the locked page is still the node's.",
    ),
    Patch(
        id="recheck-kpfn",
        commit="c8d6553b9580",
        title="ksm: make KSM page migration possible",
        date="2013-02-22",
        release="v3.9",
        summary="get_ksm_page looks again when the node's page has moved. A part of that commit.",
    ),
    Patch(
        id="spin-on-frozen",
        commit="c8d6553b9580",
        title="ksm: make KSM page migration possible",
        date="2013-02-22",
        release="v3.9",
        summary="get_ksm_page waits for a frozen page of the swap cache. A part of that commit.",
    ),
    Patch(
        id="lock-at-match",
        commit="c8d6553b9580",
        title="ksm: make KSM page migration possible",
        date="2013-02-22",
        release="v3.9",
        summary="The KSM page that a search finds is locked once. A part of that commit.",
    ),
    Patch(
        id="ksm-migrate-invalidates-old",
        commit="c8d6553b9580",
        title="ksm: make KSM page migration possible",
        date="2013-02-22",
        release="v3.9",
        summary="The old page of a migration loses its node at once. A part of that commit.",
    ),
    Patch(
        id="ksm-migration-everywhere",
        commit="b79bc0a0c79e",
        title="ksm: enable KSM page migration",
        date="2013-02-22",
        release="v3.9",
        summary="Everybody may move KSM pages.",
    ),
    Patch(
        id="follow-page-waits",
        commit="5117b3b835f288314a2d4e5512bc1747e3a7c8ed",
        title="mm,ksm: FOLL_MIGRATION do migration_entry_wait",
        date="2013-02-22",
        release="v3.9",
        summary="break_ksm waits for a page that is being moved.",
    ),
    Patch(
        id="swap-skip-cache",
        commit="0bcac06f27d7528591c27ac2b093ccd71c5d0168",
        title="mm, swap: skip swapcache for swapin of synchronous device",
        date="2017-11-15",
        release="v4.15",
        summary="A slot that one pte holds is read from a synchronous device into a private page, "
        "past the swap cache.",
    ),
    Patch(
        id="swap-skip-cache-prepare",
        commit="13ddaf26be324a7f951891ecd9ccd04466d27458",
        title="mm/swap: fix race when skipping swapcache",
        date="2024-02-20",
        release="v6.8",
        summary="The bypass reserves the slot's cache bit while it reads and maps the page.",
    ),
]
