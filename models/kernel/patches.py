"""The kernel patches that the models know, oldest first.

A kernel version is the set of patches released up to it. A routine asks ``patched("id")`` where a
patch changed the code.
"""

from __future__ import annotations

from ksmcheck.lang import Patch

PATCHES = [
    Patch(
        id="swapin-recheck",
        commit="4969c1192d15afa3389e7ae3302096ff684ba655",
        title="mm: fix swapin race condition",
        date="2010-09-09",
        release="v2.6.36",
        summary="do_swap_page gives up when the page has left the swap cache while it waited for "
        "the page lock, and keeps lock and reference of a page that it has to copy.",
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
