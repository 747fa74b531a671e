"""Bad input ends with exit code 2 and a message with a code and a hint, never with a traceback."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from ksmcheck.cli.main import run
from tests.cli.command import ROOT, model

LOST = model("lost_update")

BAD: dict[str, list[str]] = {
    "unknown_model": ["explore", "--model", "swapin_rase"],
    "missing_file": ["explore", "--model", "./nowhere.py"],
    "unknown_patch": ["explore", "--model", LOST, "--with", "count-lok"],
    "unknown_parameter": ["explore", "--model", LOST, "--set", "round=2"],
    "parameter_out_of_range": ["explore", "--model", LOST, "--set", "rounds=9"],
    "parameter_without_value": ["explore", "--model", LOST, "--set", "rounds"],
    "parameter_no_number": ["explore", "--model", LOST, "--set", "rounds=two"],
    "parameter_twice": ["explore", "--model", LOST, "--set", "rounds=1", "--set", "rounds=2"],
    "bad_kernel": ["explore", "--model", LOST, "--kernel", "newest"],
    "unknown_check": ["explore", "--model", LOST, "--disable-check", "deadlok"],
    "unknown_engine": ["explore", "--model", LOST, "--engine", "nativ"],
    "unknown_reduction": ["explore", "--model", LOST, "--reduce", "por,symetry"],
    "reduction_alone": ["explore", "--model", LOST, "--reduce", "all,por"],
    "reduction_and_inexact": [
        "explore",
        "--model",
        LOST,
        "--reduce",
        "por",
        "--visited",
        "compact",
    ],
    "zero_states": ["explore", "--model", LOST, "--max-states", "0"],
    "negative_depth": ["explore", "--model", LOST, "--max-depth", "-3"],
    "zero_time": ["explore", "--model", LOST, "--time-limit", "0"],
    "bad_time": ["explore", "--model", LOST, "--time-limit", "nan"],
    "bad_memory": ["explore", "--model", LOST, "--memory-limit", "4 elephants"],
    "zero_memory": ["explore", "--model", LOST, "--memory-limit", "0G"],
    "narrow": ["explore", "--model", LOST, "--width", "10"],
    "trace_folder_missing": ["explore", "--model", LOST, "--trace-out", "no/where/t.json"],
    "trace_is_a_folder": ["explore", "--model", LOST, "--trace-out", "tests"],
    "generated_in_a_file": ["explore", "--model", LOST, "--keep-generated", "tests/conftest.py"],
    "no_trace": ["replay", "no/where.json"],
    "show_unknown_model": ["show", "--model", "swapin_rase", "--steps"],
}


@pytest.mark.parametrize("name", BAD)
def test_bad_input(
    name: str,
    golden: Callable[[str, str], None],
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(ROOT)
    assert run(BAD[name]) == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    assert "Traceback" not in printed.err
    golden(f"{name}.txt", printed.err)


BROKEN = """
from ksmcheck.lang import *

flag: bool


@actor
def reader() -> None:
    copied = flagg
    import os


scenario(question="?", kernel="", properties=[])
"""


def test_a_broken_model(
    golden: Callable[[str, str], None],
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("broken.py").write_text(BROKEN)
    assert run(["explore", "--model", "broken.py"]) == 2
    golden("broken_model.txt", capsys.readouterr().err)


@pytest.mark.parametrize(
    "arguments",
    [["explode"], ["explore"], ["explore", "--model", LOST, "--mode", "fast"], ["replay"]],
    ids=["command", "model", "option", "argument"],
)
def test_usage(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    # The words are click's and change with its versions; the shape is ours.
    assert run(arguments) == 2
    printed = capsys.readouterr().err
    assert printed.startswith("error[KSM510]: ")
    assert "hint: see: ksmcheck" in printed


def test_several_faults_are_told_at_once(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(ROOT)
    assert run(["explore", "--model", LOST, "--with", "nothing", "--set", "round=2"]) == 2
    printed = capsys.readouterr().err
    assert "KSM502" in printed
    assert "KSM503" in printed


def test_a_trace_folder_is_looked_for_before_the_model_is_read(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    missing = str(tmp_path / "none" / "t.json")
    assert run(["explore", "--model", "no_such_model", "--trace-out", missing]) == 2
    assert "KSM527" in capsys.readouterr().err


def test_a_fault_of_the_tool_is_told_as_one(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def explode(*_: object) -> None:
        raise RuntimeError("two and two are five")

    monkeypatch.chdir(ROOT)
    monkeypatch.setattr("ksmcheck.cli.model_options.compile_model", explode)
    assert run(["explore", "--model", LOST]) == 70
    printed = capsys.readouterr().err
    assert "Traceback" in printed
    assert "this is a bug in ksmcheck" in printed


def test_help_and_version(capsys: pytest.CaptureFixture[str]) -> None:
    for arguments in (["--help"], ["explore", "--help"], ["--version"]):
        assert run(arguments) == 0
    assert "Exit codes" in capsys.readouterr().out
