"""`check` from end to end: the table, the exit codes, JSON, JUnit, what is skipped, Ctrl-C."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from xml.etree import ElementTree

import pytest

from ksmcheck.cli.main import run
from tests.cli.command import ROOT, interrupted, ksmcheck, model

COUNTED = model("counted")
WRONG = model("wrong_expectations")
KEYS = [
    "model", "kernel", "patches", "parameters", "expected", "verdict", "property", "states",
    "depth", "seconds",
]  # fmt: skip

Golden = Callable[[str, str], None]
Capture = pytest.CaptureFixture[str]


@pytest.fixture(autouse=True)
def _place(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """In the checkout, with a cache of the test's own."""
    monkeypatch.chdir(ROOT)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


def timeless(text: str) -> str:
    """The text with times that are the same in every run."""
    return re.sub(r"(?<![\w.])\d+\.\d\d(?!\.)", "0.00", text)


def test_the_table(golden: Golden, capsys: Capture) -> None:
    assert run(["check", "--model", COUNTED, "--model", WRONG, "--model", COUNTED]) == 1
    printed = capsys.readouterr()
    golden("check.txt", timeless(printed.out))
    assert printed.err == "reading and compiling 2 scenarios\n"


@pytest.mark.parametrize("engine", ["auto", "python", "native"])
def test_all_as_expected(engine: str, capsys: Capture) -> None:
    arguments = ["check", "--model", COUNTED, "--engine", engine, "--workers", "2", "--quiet"]
    assert run(arguments) == 0
    printed = capsys.readouterr()
    assert printed.out.splitlines()[-1] == "6 passed, 0 failed"
    assert printed.err == ""


def test_a_setup_with_symbols(capsys: Capture) -> None:
    assert run(["check", "--model", "ksm_hash_collision", "--quiet"]) == 0
    assert capsys.readouterr().out.splitlines()[-1] == "1 passed, 0 failed"


def test_json_in_full(capsys: Capture) -> None:
    assert run(["check", "--model", WRONG, "--json", "--quiet"]) == 1
    record = json.loads(capsys.readouterr().out)
    assert list(record) == ["passed", "failed", "seconds", "results"]
    assert (record["passed"], record["failed"]) == (1, 3)
    assert all(list(row) == KEYS for row in record["results"])
    assert [(row["expected"], row["verdict"], row["property"]) for row in record["results"]] == [
        ("holds", "violated", "lowered"),
        ("violated", "violated", "lowered"),
        ("violated", "holds", ""),
        ("holds", "holds", ""),
    ]
    assert record["results"][2]["parameters"] == {"raises": 0}


def test_a_property_of_the_same_depth_counts(capsys: Capture) -> None:
    run(["check", "--model", COUNTED, "--json", "--quiet"])
    rows = json.loads(capsys.readouterr().out)["results"]
    assert [row["patches"] for row in rows[2:]] == [
        ["quick-count", "rename"], [], ["quick-count", "rename", "count-again"],
        ["quick-count"],
    ]  # fmt: skip
    assert [row["property"] for row in rows] == [
        "all_counted", "both_counted", "all_counted", "quick_is_counted", "quick_is_counted",
        "all_counted",
    ]  # fmt: skip
    assert [row["kernel"] for row in rows] == ["v2.6.33"] * 3 + ["v2.6.32", "v2.6.33", "v2.6.36"]


def test_a_limit_is_a_failure_that_says_so(capsys: Capture) -> None:
    assert run(["check", "--model", COUNTED, "--memory-limit", "1M"]) == 1
    printed = capsys.readouterr().out
    assert "expected violated (all_counted), found inconclusive: the memory limit" in printed
    assert printed.endswith("0 passed, 6 failed\n")


def test_junit(tmp_path: Path, capsys: Capture) -> None:
    file = tmp_path / "report.xml"
    assert run(["check", "--model", WRONG, "--junit", str(file), "--json"]) == 1
    suite = ElementTree.parse(file).getroot().find("testsuite")
    assert suite is not None
    assert {name: suite.get(name) for name in ("tests", "failures", "errors", "skipped")} == {
        "tests": "4", "failures": "3", "errors": "0", "skipped": "0",
    }  # fmt: skip
    failures = [test.find("failure") for test in suite.iter("testcase")]
    assert [failure is None for failure in failures] == [False, False, False, True]
    assert failures[0] is not None
    assert failures[0].get("message") == "expected holds, found violated (lowered)"
    assert json.loads(capsys.readouterr().out)["failed"] == 3


def test_a_place_where_junit_cannot_go_is_refused_first(tmp_path: Path, capsys: Capture) -> None:
    missing = str(tmp_path / "none" / "report.xml")
    assert run(["check", "--model", "no_such_model", "--junit", missing]) == 2
    assert "KSM527" in capsys.readouterr().err


def test_changed_only(tmp_path: Path, capsys: Capture) -> None:
    source = (ROOT / WRONG).read_text()
    copy = tmp_path / "copy.py"
    copy.write_text(source)
    again = ["check", "--model", str(copy), "--changed-only", "--quiet"]
    run(["check", "--model", str(copy), "--quiet"])
    capsys.readouterr()
    assert run(again) == 1, "what failed is not skipped"
    printed = capsys.readouterr().out
    assert printed.count("unchanged\n") == 1
    assert "\n1 not run: unchanged since the last time, when the verdict was right\n" in printed
    assert printed.endswith("\n0 passed, 3 failed\n")
    copy.write_text("# a comment changes nothing\n" + source)
    run([*again, "--json"])
    assert len(json.loads(capsys.readouterr().out)["results"]) == 3
    copy.write_text(source.replace("flag = True", "flag = not flag"))
    run([*again, "--json"])
    assert len(json.loads(capsys.readouterr().out)["results"]) == 3, "raises=0 has no such step"
    copy.write_text(source.replace("return seen or not flag", "return not flag or seen"))
    run([*again, "--json"])
    assert len(json.loads(capsys.readouterr().out)["results"]) == 4


def test_all_unchanged_is_a_success(tmp_path: Path, capsys: Capture) -> None:
    report = tmp_path / "report.xml"
    run(["check", "--model", COUNTED])
    assert run(["check", "--model", COUNTED, "--changed-only", "--junit", str(report)]) == 0
    assert capsys.readouterr().out.endswith("0 passed, 0 failed\n")
    assert report.read_text().count('<skipped message="unchanged since it last passed" />') == 6


@pytest.mark.parametrize("text", ["", "{", "[]", '{"schema": 99}', '{"schema": 1, "passed": 3}'])
def test_a_corrupt_memory_is_one_line(text: str, tmp_path: Path, capsys: Capture) -> None:
    memory = tmp_path / "cache" / "ksmcheck" / "checked.json"
    memory.parent.mkdir(parents=True)
    memory.write_text(text)
    assert run(["check", "--model", COUNTED, "--changed-only", "--quiet"]) == 0
    printed = capsys.readouterr()
    assert printed.out.endswith("6 passed, 0 failed\n")
    assert len(printed.err.splitlines()) == 1
    assert "counts as changed" in printed.err
    assert run(["check", "--model", COUNTED, "--changed-only", "--quiet"]) == 0
    assert capsys.readouterr().err == ""


def test_a_cache_that_cannot_be_used_is_one_line(tmp_path: Path, capsys: Capture) -> None:
    (tmp_path / "cache").write_text("not a folder")
    assert run(["check", "--model", COUNTED, "--quiet"]) == 0
    assert len(capsys.readouterr().err.splitlines()) == 1


def test_wrong_models_are_told_together_and_nothing_runs(
    golden: Golden, tmp_path: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    good = (ROOT / WRONG).read_text()
    (tmp_path / "misspelt.py").write_text(good.replace("flag = True", "flag = raised"))
    (tmp_path / "out_of_bounds.py").write_text(good.replace('"raises": 0', '"raises": 7'))
    (tmp_path / "good.py").write_text(good)
    monkeypatch.chdir(tmp_path)
    names = ["good.py", "misspelt.py", "out_of_bounds.py", "missing.py"]
    assert run(["check", "--quiet", *(word for name in names for word in ("--model", name))]) == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    golden("check_wrong_models.txt", printed.err)


def test_setup_that_never_finishes_is_told_before_anything_runs(
    tmp_path: Path, capsys: Capture
) -> None:
    stuck = (ROOT / WRONG).read_text().replace("@actor", SETUP + "@actor", 1)
    (tmp_path / "stuck.py").write_text(stuck)
    assert run(["check", "--model", COUNTED, "--model", str(tmp_path / "stuck.py")]) == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    assert "KSM411" in printed.err


def test_a_scenario_that_expects_nothing(tmp_path: Path, capsys: Capture) -> None:
    mute = tmp_path / "mute.py"
    mute.write_text(SLOW)
    assert run(["check", "--model", str(mute), "--quiet"]) == 2
    assert "error[KSM561]: nothing to check: mute expects nothing" in capsys.readouterr().err
    assert run(["check", "--model", str(mute), "--model", COUNTED, "--quiet"]) == 0
    assert capsys.readouterr().err == "not checked, because they expect nothing: mute\n"


def test_a_violation_that_does_not_replay_is_a_fault_of_the_tool(
    capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ksmcheck.trace.record.establish", lambda *_: None)
    assert run(["check", "--model", COUNTED]) == 70
    assert "this is a bug in ksmcheck" in capsys.readouterr().err


def test_an_interrupted_check_reports(tmp_path: Path) -> None:
    slow, report = tmp_path / "slow.py", tmp_path / "report.xml"
    slow.write_text(
        SLOW.replace("properties=[]", 'properties=[], expected=[Expect(verdict="holds")]')
    )
    done = interrupted("check", "--model", COUNTED, "--model", str(slow), "--junit", str(report))
    assert done.code == 3, done.err
    assert done.out.endswith("interrupted: 1 not run\n6 passed, 0 failed\n")
    assert 'skipped message="interrupted: not run"' in report.read_text()


def test_a_closed_pipe_is_silent() -> None:
    command = f"{sys.executable} -m ksmcheck check --quiet --model {COUNTED} | head -1"
    done = subprocess.run(
        command, shell=True, cwd=ROOT, capture_output=True, text=True, check=False,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    assert done.stderr == ""
    assert len(done.stdout.splitlines()) == 1


def test_help() -> None:
    ended = ksmcheck("check", "--help")
    assert ended.code == 0
    for words in ("--changed-only", "--junit", "--time-limit", "Exit codes"):
        assert words in ended.out


SETUP = """
@setup
def prepare() -> None:
    wait_until(flag)


"""

SLOW = """
from typing import Annotated
from ksmcheck.lang import *

x: Annotated[Array[Annotated[int, Range(0, 60)]], Size(5)]


@actor(count=5)
def counter(me: Annotated[int, Range(0, 4)]) -> None:
    while x[me] < 60:
        fetch_add(x[me], 1)


scenario(question="?", kernel="", properties=[])
"""
