"""`ksmcheck export`: a file for Spin, or a clear refusal."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.command import ksmcheck

MODEL = "swap_skip_cache_aba"


# The setup of the second one counts the members of a set.
@pytest.mark.parametrize("model", [MODEL, "fork_before_rmap_item"])
def test_a_model_is_written_whole(tmp_path: Path, model: str) -> None:
    file = tmp_path / "model.pml"
    done = ksmcheck("export", "--model", model, "--to", "promela", str(file))
    assert done.code == 0
    assert "spin -a -o1 -o2 -o3" in done.err
    assert "proctype P0_" in file.read_text(encoding="utf-8")
    assert [path.name for path in tmp_path.iterdir()] == ["model.pml"]


def test_a_missing_folder_is_refused(tmp_path: Path) -> None:
    done = ksmcheck("export", "--model", MODEL, str(tmp_path / "none" / "model.pml"))
    assert done.code == 2
    assert "KSM527" in done.err


def test_an_unknown_language_is_refused(tmp_path: Path) -> None:
    done = ksmcheck("export", "--model", MODEL, "--to", "tla", str(tmp_path / "model.tla"))
    assert done.code == 2
    assert "KSM512" in done.err
