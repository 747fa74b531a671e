"""max_kernel_pages, which 9/9 of "ksm: swapping" took away, keeps ksmd from one more KSM page."""

from __future__ import annotations

from pathlib import Path

import pytest

from ksmcheck.frontend import CompileOptions, compile_model
from tests.oracle.evaluator_search import search
from tests.oracle.models import final_values

MODEL = """
from ksmcheck.lang import actor, instance, scenario, setup
from models.kernel.ksm_lists import MmSlot, ksm_init
from models.kernel.ksm_merge import set_max_kernel_pages
from models.kernel.ksm_scan import ksm_scan_thread
from models.kernel.ksm_start import (
    cursor_at,
    forget_mappings,
    make_ksm_page,
    map_anon_page,
    map_ksm_page,
    seen_in_this_pass,
    seen_once,
    start_registered,
)
from models.kernel.objects import AnonVma, Mm, Page, RmapItem, StableNode, SwapSlot
from models.kernel.patches import PATCHES

mm1 = instance(Mm)
mm2 = instance(Mm)
mm3 = instance(Mm)
av1 = instance(AnonVma)
p = instance(Page)
q = instance(Page)
k = instance(Page)
n = instance(StableNode)
r1 = instance(RmapItem)
r2 = instance(RmapItem)
r3 = instance(RmapItem)
slot1 = instance(MmSlot)
slot2 = instance(MmSlot)
slot3 = instance(MmSlot)


@setup
def equal_pages() -> None:
    ksm_init()
    set_max_kernel_pages(LIMIT)
    forget_mappings()
    start_registered(mm3, av1, slot3)
    start_registered(mm2, av1, slot2)
    start_registered(mm1, av1, slot1)
    make_ksm_page(k, n, 2)
    map_ksm_page(mm3, slot3, r3, n)
    map_anon_page(mm1, p, 1)
    map_anon_page(mm2, q, 1)
    seen_once(mm1, slot1, r1)
    seen_in_this_pass(mm2, slot2, r2)
    cursor_at(slot1)


@actor
def ksmd() -> None:
    ksm_scan_thread(1)


scenario(
    question="?",
    kernel="v2.6.33",
    patches=PATCHES,
    config=["CONFIG_KSM"],
    pools={StableNode: 2, SwapSlot: 1},
    properties=[],
)
"""


@pytest.mark.parametrize(
    ("limit", "without", "nodes"),
    [
        (1, ("no-page-limit",), "{n}"),
        (2, ("no-page-limit",), "{n, stablenode2}"),
        (0, ("no-page-limit",), "{n, stablenode2}"),
        (1, (), "{n, stablenode2}"),
    ],
)
def test_limit_on_ksm_pages(
    limit: int, without: tuple[str, ...], nodes: str, tmp_path: Path
) -> None:
    path = tmp_path / "model.py"
    path.write_text(MODEL.replace("LIMIT", str(limit)), encoding="utf-8")
    options = CompileOptions(kernel=None, with_=(), without=without, parameters=())
    space = search(compile_model(str(path), options))
    assert final_values(space, "root_stable_tree") == {(nodes,)}
