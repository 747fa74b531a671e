"""Every trace in traces/ is still a counterexample of the model as it is now."""

from __future__ import annotations

from pathlib import Path

import pytest

from ksmcheck.cli.main import run
from tests.cli.command import ROOT

TRACES = sorted((ROOT / "traces").glob("*.json"))


@pytest.mark.parametrize("file", TRACES, ids=lambda file: file.stem)
def test_curated_trace_reproduces(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code = run(["replay", str(file)])
    page = capsys.readouterr().out
    assert code == 1, page
    assert "REPRODUCES" in page
    assert "another version" not in page, "record the trace again: the model has changed"
