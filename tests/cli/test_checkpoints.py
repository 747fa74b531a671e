"""A search that stopped goes on from its checkpoint, and only the same search does."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from ksmcheck.backends.native.compiler import find_compiler
from tests.cli.command import ksmcheck

FIXED = ("--model", "swap_skip_cache_aba", "--with", "swap-skip-cache-prepare")

pytestmark = pytest.mark.skipif(find_compiler() is None, reason="needs a C compiler")


def explored(*arguments: str) -> dict[str, object]:
    """The JSON report of one run of the native engine."""
    done = ksmcheck("explore", *arguments, "--engine", "native", "--json", "--quiet")
    report: dict[str, object] = json.loads(done.out)
    return report


def test_a_search_goes_on_where_it_stopped(tmp_path: Path) -> None:
    file = str(tmp_path / "search.ckpt")
    whole = explored(*FIXED)
    part = explored(*FIXED, "--max-states", "9000", "--checkpoint", file)
    rest = explored(*FIXED, "--resume", file)
    assert part["verdict"] == "inconclusive"
    assert rest["verdict"] == "holds"
    for count in ("states", "transitions", "depth"):
        assert rest[count] == whole[count]


def test_another_configuration_is_refused(tmp_path: Path) -> None:
    file = str(tmp_path / "search.ckpt")
    explored(*FIXED, "--max-states", "9000", "--checkpoint", file)
    done = ksmcheck("explore", "--model", "swap_skip_cache_aba", "--resume", file)
    assert done.code == 2
    assert "KSM549" in done.err


def test_a_damaged_checkpoint_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "search.ckpt"
    explored(*FIXED, "--max-states", "9000", "--checkpoint", str(file))
    file.write_bytes(file.read_bytes()[:-100])
    done = ksmcheck("explore", *FIXED, "--resume", str(file))
    assert done.code == 2
    assert "KSM548" in done.err


@pytest.mark.parametrize(
    "option", [("--checkpoint", "x.ckpt"), ("--resume", "x.ckpt"), ("--visited", "compact")]
)
def test_the_python_engine_refuses_what_it_lacks(option: tuple[str, str]) -> None:
    done = ksmcheck("explore", *FIXED, "--engine", "python", *option)
    assert done.code == 2
    assert "KSM546" in done.err
