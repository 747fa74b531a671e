"""`explore` from end to end: verdicts, exit codes, limits, traces, JSON, and the ends of a run."""

from __future__ import annotations

import importlib
import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from ksmcheck import __main__ as door
from tests.cli.command import ROOT, interrupted, ksmcheck, model

LOST = model("lost_update")

VERDICTS: list[tuple[list[str], str, int]] = [
    (["--model", LOST], "violated", 1),
    (["--model", LOST, "--with", "count-lock"], "holds", 0),
    (["--model", LOST, "--kernel", "v2.6.36"], "holds", 0),
    (["--model", LOST, "--kernel", "v2.6.36", "--without", "count-lock"], "violated", 1),
    (["--model", model("vacuous")], "vacuous", 4),
    (["--model", model("philosophers")], "violated", 1),
    (["--model", LOST, "--with", "count-lock", "--max-states", "5"], "inconclusive", 3),
    (["--model", LOST, "--with", "count-lock", "--max-depth", "2"], "inconclusive", 3),
]


@pytest.mark.parametrize(("arguments", "verdict", "code"), VERDICTS)
def test_verdict_as_json(arguments: list[str], verdict: str, code: int) -> None:
    ended = ksmcheck("explore", *arguments, "--json")
    assert ended.code == code
    assert json.loads(ended.out)["verdict"] == verdict
    assert ended.err == ""


def test_the_page_of_a_violation() -> None:
    ended = ksmcheck("explore", "--model", LOST)
    assert ended.code == 1
    assert "lost_update: VIOLATED" in ended.out
    assert "page1.count = 1" in ended.out
    assert "mm/page_alloc.c: get_page()" in ended.out
    table = ended.out.split("\n\nlost_update:")[0]
    assert max(map(len, table.splitlines())) <= 75
    assert ended.out.isascii()


@pytest.mark.parametrize(("name", "width"), [("philosophers", 100), ("lost_update", 75)])
def test_the_whole_table(name: str, width: int, golden: Callable[[str, str], None]) -> None:
    page = ksmcheck("explore", "--model", model(name), "--disable-check", "lock-order").out
    table = page.split(f"\n{name}: VIOLATED")[0]
    assert max(map(len, table.splitlines())) <= width
    golden(f"table_{name}.txt", table)


def test_limits_say_what_was_explored() -> None:
    ended = ksmcheck("explore", "--model", LOST, "--with", "count-lock", "--max-states", "5")
    assert "INCONCLUSIVE, the limit on states (--max-states) was reached" in ended.out
    assert "5 states explored so far" in ended.out


def test_counts_are_the_same_with_all_and_without_when_nothing_is_wrong() -> None:
    runs = [
        json.loads(
            ksmcheck("explore", "--model", LOST, "--with", "count-lock", "--json", *more).out
        )
        for more in ([], ["--all"])
    ]
    assert runs[0]["states"] == runs[1]["states"]
    assert runs[0]["transitions"] == runs[1]["transitions"]


def test_trace_out_and_replay(tmp_path: Path) -> None:
    file = tmp_path / "race.json"
    found = ksmcheck("explore", "--model", LOST, "--trace-out", str(file), "--json")
    record = json.loads(found.out)
    assert record["violations"][0]["trace"] == str(file)
    again = ksmcheck("replay", str(file))
    assert again.code == 1
    assert "lost_update: REPRODUCES, all_counted" in again.out
    trace = json.loads(file.read_text())
    assert len(trace["steps"]) == record["violations"][0]["depth"]


def test_a_fixed_model_no_longer_reproduces(tmp_path: Path) -> None:
    file, copy = tmp_path / "race.json", tmp_path / "lost_update.py"
    source = (ROOT / LOST).read_text()
    copy.write_text(source)
    ksmcheck("explore", "--model", "lost_update.py", "--trace-out", str(file), cwd=tmp_path)
    assert ksmcheck("replay", "race.json", cwd=tmp_path).code == 1
    copy.write_text(source.replace('if patched("count-lock"):', "if True:"))
    again = ksmcheck("replay", "race.json", cwd=tmp_path)
    assert again.code == 3
    assert "another version of the model" in again.out
    assert "NO LONGER REPRODUCES, from step" in again.out


def test_a_moved_or_missing_model(tmp_path: Path) -> None:
    file = tmp_path / "race.json"
    ksmcheck("explore", "--model", LOST, "--trace-out", str(file))
    lost = ksmcheck("replay", str(file), cwd=tmp_path)
    assert lost.code == 2
    assert "KSM526" in lost.err
    found = ksmcheck("replay", str(file), "--model", str(ROOT / LOST), cwd=tmp_path)
    assert found.code == 1
    other = ksmcheck("replay", str(file), "--model", str(ROOT / model("philosophers")))
    assert other.code == 2


def test_all_writes_one_trace_for_each(tmp_path: Path) -> None:
    ended = ksmcheck(
        "explore", "--model", model("philosophers"), "--all", "--json",
        "--trace-out", str(tmp_path / "t.json"),
    )  # fmt: skip
    record = json.loads(ended.out)
    files = [item["trace"] for item in record["violations"]]
    assert record["stop_reason"] == "exhausted"
    assert all(Path(file).is_file() for file in files)
    assert len(set(files)) == len(files)


def test_a_disabled_check_is_silent() -> None:
    ended = ksmcheck(
        "explore", "--model", model("philosophers"), "--json",
        "--disable-check", "deadlock", "--disable-check", "lock-order",
    )  # fmt: skip
    assert ended.code == 0


@pytest.mark.parametrize(("engine", "kept"), [("python", "lost_update.py"), ("native", "model.c")])
def test_generated_code_is_kept(tmp_path: Path, engine: str, kept: str) -> None:
    folder = tmp_path / "generated"
    ksmcheck("explore", "--model", LOST, "--engine", engine, "--keep-generated", str(folder))
    assert kept in [path.name for path in folder.iterdir()]


def test_a_closed_pipe_is_silent() -> None:
    command = f"{sys.executable} -m ksmcheck explore --model {LOST} | head -1"
    done = subprocess.run(
        command, shell=True, cwd=ROOT, capture_output=True, text=True, check=False,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    assert done.stderr == ""
    assert len(done.stdout.splitlines()) == 1


@pytest.mark.parametrize("engine", ["python", "native"])
def test_an_interrupted_run_reports(tmp_path: Path, engine: str) -> None:
    slow = tmp_path / "slow.py"
    slow.write_text(SLOW)
    done = interrupted("explore", "--model", str(slow), "--engine", engine)
    assert done.code == 3, done.err
    assert "INCONCLUSIVE, the search was interrupted" in done.out


def test_ctrl_c_while_the_tool_is_loaded(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    class Interrupting:
        @staticmethod
        def find_spec(name: str, *_: object) -> None:
            if name == "ksmcheck.cli.main":
                raise KeyboardInterrupt

    monkeypatch.delitem(sys.modules, "ksmcheck.cli.main", raising=False)
    monkeypatch.setattr(sys, "meta_path", [Interrupting, *sys.meta_path])
    with pytest.raises(SystemExit) as ended:
        importlib.reload(door)
    assert ended.value.code == 3
    assert capsys.readouterr() == ("", "interrupted: there is no verdict\n")


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


def test_a_bound_on_preemptions_is_said() -> None:
    path = "tests/textbook/ticket_lock.py"
    done = ksmcheck("explore", "--model", path, "--preemptions", "1")
    assert done.code == 0
    assert "HOLDS in all 517 states of the runs with at most 1 preemption," in done.out
    assert "what happens in others is not known" in done.out
    report = json.loads(ksmcheck("explore", "--model", path, "--preemptions", "1", "--json").out)
    assert (report["verdict"], report["preemptions"]) == ("holds", 1)
    assert ksmcheck("explore", "--model", path, "--preemptions", "many").code == 2
