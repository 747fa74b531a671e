"""Every violation of the small models: recorded, stored, loaded, replayed, and shown readably."""

from __future__ import annotations

from pathlib import Path

import pytest

from ksmcheck.explore.options import SearchOptions
from ksmcheck.explore.python_engine import PythonEngine
from ksmcheck.frontend import compile_model
from ksmcheck.trace.codec import load, save
from ksmcheck.trace.describe import Model
from ksmcheck.trace.record import record
from ksmcheck.trace.render import render
from ksmcheck.trace.replay import ReplayVerdict, replay
from tests.cli.command import ROOT

FOLDERS = ("checks", "textbook", "cli/models")
SLOW = {"two_phase_commit"}
FILES = sorted(
    path
    for folder in FOLDERS
    for path in (ROOT / "tests" / folder).glob("*.py")
    if not path.stem.startswith("test_") and path.stem not in SLOW
)


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_all_violations_of_a_small_model(file: Path, tmp_path: Path) -> None:
    program = compile_model(str(file))
    options = SearchOptions(max_states=20_000, all_violations=True)
    result = PythonEngine().search(program, options)
    for finding in result.findings:
        trace = record(Model.of(program), finding)
        assert len(trace.steps) == finding.depth
        save(trace, tmp_path / "trace.json")
        again = load(tmp_path / "trace.json")
        assert again == trace
        outcome = replay(Model.of(compile_model(str(file))), again)
        assert outcome.verdict is ReplayVerdict.REPRODUCES, outcome.reason
        assert outcome.violation == trace.violation
        for width in (None, 40, 60):
            page = render(trace, width)
            assert page.isascii()
            assert max(map(len, page.splitlines())) <= (width or 110)
