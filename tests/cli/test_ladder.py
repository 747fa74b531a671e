"""`ladder` and `patches` from end to end: the table, which patch did what, JSON, exit codes."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from ksmcheck.cli.main import run
from tests.cli.command import ROOT, interrupted, model
from tests.cli.test_check import SLOW

COUNTED = model("counted")

Golden = Callable[[str, str], None]
Capture = pytest.CaptureFixture[str]


@pytest.fixture(autouse=True)
def _place(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)


def timeless(text: str) -> str:
    """The text with times that are the same in every run."""
    return re.sub(r"(?<![\w.])\d+\.\d+(?!\.)", "0.00", text)


def test_the_table(golden: Golden, capsys: Capture) -> None:
    assert run(["ladder", "--model", COUNTED]) == 0
    printed = capsys.readouterr()
    golden("ladder.txt", timeless(printed.out))
    golden("ladder_progress.txt", timeless(printed.err))


def test_checks_have_columns_when_they_are_violated(golden: Golden, capsys: Capture) -> None:
    assert run(["ladder", "--model", model("philosophers"), "--quiet"]) == 0
    printed = capsys.readouterr()
    golden("ladder_philosophers.txt", timeless(printed.out))
    assert printed.err == ""


def test_kernels_name_levels_or_get_their_own(capsys: Capture) -> None:
    words = ["ladder", "--model", COUNTED, "--kernel", "v2.6.32", "--kernel", "v3.9", "--json"]
    assert run(words) == 0
    levels = json.loads(capsys.readouterr().out)["levels"]
    assert [level["level"] for level in levels] == ["base", "quick-count", "rename", "count-again"]
    assert [level["kernels"] for level in levels] == [
        ["v2.6.32"], [], ["v2.6.33"], ["v2.6.36", "v3.9"],
    ]  # fmt: skip


def test_a_kernel_between_the_levels(tmp_path: Path, capsys: Capture) -> None:
    # "rename" comes later now, so v2.6.36 is no level of a list that is not in order of release.
    source = (ROOT / COUNTED).read_text()
    copy = tmp_path / "counted.py"
    later = source.replace(
        'release="v2.6.33",\n        summary="Changes', 'release="v3.0",\n        summary="Changes'
    )
    assert later != source
    copy.write_text(later)
    assert run(["ladder", "--model", str(copy), "--kernel", "v2.6.36", "--json"]) == 0
    last = json.loads(capsys.readouterr().out)["levels"][-1]
    assert last["level"] == "v2.6.36"
    assert last["patches"] == ["quick-count", "count-again"]
    assert last["same_as"] == "base"
    assert (last["opened"], last["closed"]) == ([], [])


def test_json_says_who_opened_and_closed_what(capsys: Capture) -> None:
    assert run(["ladder", "--model", COUNTED, "--json"]) == 0
    record = json.loads(capsys.readouterr().out)
    assert list(record) == ["schema", "model", "parameters", "levels", "not_run", "seconds"]
    lost = ["all_counted", "both_counted"]
    assert [(level["opened"], level["closed"]) for level in record["levels"]] == [
        ([], []), (lost, []), ([], []), ([], lost),
    ]  # fmt: skip
    assert [level["same_as"] for level in record["levels"]] == [None, None, "quick-count", "base"]
    assert record["levels"][1]["properties"][0] == {
        "name": "all_counted", "verdict": "violated", "depth": 4,
    }  # fmt: skip


def test_parameters(capsys: Capture) -> None:
    arguments = ["ladder", "--model", model("wrong_expectations"), "--json", "--set", "raises=0"]
    assert run(arguments) == 0
    record = json.loads(capsys.readouterr().out)
    assert record["parameters"] == {"raises": 0}
    assert [level["verdict"] for level in record["levels"]] == ["holds"]


def test_a_limit_leaves_levels_undecided(capsys: Capture) -> None:
    assert run(["ladder", "--model", COUNTED, "--memory-limit", "1M", "--quiet"]) == 3
    printed = capsys.readouterr().out
    assert "-: not decided, a limit was reached" in printed
    assert "opens" not in printed.replace("no patch opens or closes anything", "")


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["--model", COUNTED, "--kernel", "newest"], "KSM506"),
        (["--model", COUNTED, "--set", "rounds=1"], "KSM503"),
        (["--model", "swapin_rase"], "KSM002"),
        ([], "KSM510"),
    ],
)
def test_bad_input(arguments: list[str], code: str, capsys: Capture) -> None:
    assert run(["ladder", *arguments]) == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    assert f"error[{code}]" in printed.err


def test_an_interrupted_ladder_reports(tmp_path: Path) -> None:
    slow = tmp_path / "slow.py"
    slow.write_text(SLOW)
    done = interrupted("ladder", "--model", str(slow))
    assert done.code == 3, done.err
    assert done.out == "slow: interrupted at the first level, nothing is known\n"


def test_patches(golden: Golden, capsys: Capture) -> None:
    assert run(["patches", "--model", COUNTED]) == 0
    golden("patches.txt", capsys.readouterr().out)


def test_patches_as_json(capsys: Capture) -> None:
    assert run(["patches", "--model", COUNTED, "--json"]) == 0
    record = json.loads(capsys.readouterr().out)
    assert [patch["id"] for patch in record["patches"]] == ["quick-count", "rename", "count-again"]
    assert list(record["patches"][0]) == ["id", "commit", "title", "date", "release", "summary"]


def test_patches_of_all_shipped_scenarios_once(capsys: Capture) -> None:
    assert run(["patches", "--json"]) == 0
    names = [patch["id"] for patch in json.loads(capsys.readouterr().out)["patches"]]
    assert "swapin-recheck" in names
    assert len(names) == len(set(names))


def test_a_model_without_patches(capsys: Capture) -> None:
    assert run(["patches", "--model", model("philosophers")]) == 0
    assert capsys.readouterr().out == "no patches\n"
    assert run(["patches", "--model", "swapin_rase"]) == 2
