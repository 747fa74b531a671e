"""The commands of docs/proving.md give what the page says."""

from __future__ import annotations

import re
import shlex

import pytest

from ksmcheck.cli.main import run
from tests.cli.command import ROOT

PAGE = (ROOT / "docs" / "proving.md").read_text(encoding="utf-8")
COMMANDS = re.findall(r"^ksmcheck (prove .*)$", PAGE, re.MULTILINE)


def test_the_first_command_prints_what_stands_below_it(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(ROOT)
    assert run([*shlex.split(COMMANDS[0]), "--quiet"]) == 0
    blocks = re.findall(r"^```\n(.*?)^```$", PAGE, re.DOTALL | re.MULTILINE)
    assert capsys.readouterr().out.startswith(blocks[1])


def test_the_second_command_shows_what_no_fact_excludes(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(ROOT)
    assert run([*shlex.split(COMMANDS[1]), "--quiet"]) == 3
    assert "what no fact excludes" in capsys.readouterr().out
