"""The kernel patches that the models know, oldest first.

A kernel version is the set of patches released up to it. A routine asks ``patched("id")`` where a
patch changed the code.
"""

from __future__ import annotations

from ksmcheck.lang import Patch
from models.kernel.patches_series import PATCHES_OF_THE_SERIES

PATCHES = [
    *PATCHES_OF_THE_SERIES,
    Patch(
        id="anon-vma-ref-migration",
        commit="3f6c82728f4e31a97c3a1b32abccb512fed0b573",
        title="mm: migration: take a reference to the anon_vma before migrating",
        date="2010-05-24",
        release="v2.6.35",
        summary="Migration counts as a user of the anon_vma of the page that it moves.",
    ),
    Patch(
        id="anon-vma-root",
        commit="5c341ee1dfc8",
        title="mm: track the root (oldest) anon_vma",
        date="2010-08-09",
        release="v2.6.36",
        summary="A family of forked vmas is known by its root anon_vma: pages that may be shared "
        "are filed under it, and a page of the family needs no copy when it is swapped in. With "
        "the patches of the same series that use the root.",
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
        id="exksm-copy-new-rmap",
        commit="af34770e55ea",
        title="mm: reduce rmap overhead for ex-KSM page copies created on swap faults",
        date="2013-02-23",
        release="v3.9",
        summary="A copy that a swap-in makes is filed as a new page, under the vma's own anon_vma, "
        "and comes to the LRU only with its pte.",
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
