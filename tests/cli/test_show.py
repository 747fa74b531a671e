"""`show` and `list`: what the compiler made of a model, and which models there are."""

from __future__ import annotations

import json

from tests.cli.command import ksmcheck, model

LOST = model("lost_update")


def test_steps_name_place_and_target() -> None:
    ended = ksmcheck("show", "--model", LOST, "--steps")
    assert ended.code == 0
    assert "get_page()" in ended.out
    assert "lost_update.py:" in ended.out
    assert "done" in ended.out


def test_state_properties_and_patches() -> None:
    ended = ksmcheck("show", "--model", LOST, "--state", "--properties", "--patches")
    assert ended.code == 0
    for words in ("Page.count", "0..6", "all_counted", "witness:", "count-lock", "0123456789ab"):
        assert words in ended.out


def test_list() -> None:
    ended = ksmcheck("list")
    assert ended.code == 0
    record = json.loads(ksmcheck("list", "--json").out)
    assert record["schema"] == 1
    assert isinstance(record["models"], list)
