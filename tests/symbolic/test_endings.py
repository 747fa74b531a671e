"""How a search with symbols can end otherwise: not confirmed, not decided, too many symbols."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from ksmcheck.analysis.symbols import Undecided
from ksmcheck.backends.native.compiler import find_compiler
from ksmcheck.cli.main import run
from ksmcheck.symbolic.conditions import Facts
from ksmcheck.symbolic.theory import Theory
from tests.symbolic.models import HEAD, TEXTS

# Between a and b lie two integers, which are forgotten: what is kept is b > a + 1, and not that b
# cannot be a + 2. So the step to `bad` looks possible, and no values take a run there.
FORGOTTEN = '''
class Offset(SymbolicInt):
    """A place."""


a: Offset
b: Offset
bad: bool
looked: bool


@setup
def start() -> None:
    global a, b
    low = fresh(Offset)
    second = fresh(Offset)
    third = fresh(Offset)
    high = fresh(Offset)
    assume(low < second)
    assume(second < third)
    assume(third < high)
    a = low
    b = high


@actor
def look() -> None:
    global bad, looked
    next_one = a + 1
    after_next = next_one + 1
    if b == after_next:
        bad = True
    looked = True


@invariant(source="the reader")
def three_apart() -> bool:
    """There are two integers between."""
    return not bad


@witness(three_apart)
def somebody_looked() -> bool:
    return looked


scenario(question="?", symbols={Offset: 4}, properties=[three_apart])
'''

VIOLATED = TEXTS["collision"].replace("not skipped or checksum(page) == old", "not missed")

ENGINES = pytest.mark.parametrize("engine", ["python", "native"])


def explore(path: Path, engine: str, *more: str) -> int:
    return run(["explore", "--model", str(path), "--engine", engine, "--quiet", *more])


@ENGINES
def test_a_run_without_values_is_no_violation(
    engine: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "forgotten.py"
    path.write_text(HEAD + FORGOTTEN, encoding="utf-8")
    assert explore(path, engine, "--json") == 3
    report = json.loads(capsys.readouterr().out)
    assert report["verdict"] == "inconclusive"
    assert report["violations"] == []
    assert report["symbolic"]["unconfirmed"] == 1
    assert report["symbolic"]["imprecise_edges"] > 0


@ENGINES
def test_what_z3_does_not_decide_is_left_in_a_file(
    engine: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    def gives_up(theory: Theory, facts: Facts) -> bool:
        raise Undecided("timeout", "(check-sat)")

    monkeypatch.setattr(Theory, "close", gives_up)
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "sort.py"
    path.write_text(HEAD + TEXTS["sort"], encoding="utf-8")
    assert explore(path, engine, "--json") == 3
    report = json.loads(capsys.readouterr().out)
    assert report["stop_reason"] == "undecided"
    assert report["symbolic"]["undecided_query"] == "sort-undecided.smt2"
    assert (tmp_path / "sort-undecided.smt2").read_text(encoding="utf-8") == "(check-sat)"


@ENGINES
def test_a_fault_of_the_oracle_is_no_answer(
    engine: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """What is raised while C waits for an answer comes out on the other side."""

    def breaks(theory: Theory, facts: Facts) -> bool:
        raise RuntimeError("a fault of the solver's binding")

    monkeypatch.setattr(Theory, "close", breaks)
    path = tmp_path / "sort.py"
    path.write_text(HEAD + TEXTS["sort"], encoding="utf-8")
    assert explore(path, engine) == 70
    assert "a fault of the solver's binding" in capsys.readouterr().err


@ENGINES
def test_more_symbols_than_allowed_is_the_users_fault(
    engine: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "sort.py"
    text = TEXTS["sort"].replace("symbols={Content: 5}", "symbols={Content: 2}")
    path.write_text(HEAD + text, encoding="utf-8")
    assert explore(path, engine) == 2
    shown = capsys.readouterr().err
    assert "KSM611" in shown
    assert "symbols={Content: 3}" in shown


NATIVE = pytest.mark.skipif(find_compiler() is None, reason="there is no C compiler")


@NATIVE
@pytest.mark.parametrize(
    ("name", "limit"),
    [("tree", "1"), ("tree", "40"), ("collision", "1"), ("collision", "7"), ("sort", "7")],
)
def test_a_checkpoint_has_what_is_known_of_the_symbols(
    name: str, limit: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """However often a search is stopped, it counts, finds and asks what it does in one go."""
    path, half = tmp_path / f"{name}.py", str(tmp_path / "half.ksm")
    path.write_text(HEAD + TEXTS[name], encoding="utf-8")
    code, whole = outcome(capsys, path, "native", "--all")
    stopping = ("--all", "--max-states", limit, "--checkpoint", half)
    assert outcome(capsys, path, "native", *stopping)[1]["stop_reason"] == "state_limit"
    again, went_on = outcome(capsys, path, "native", "--all", "--resume", half)
    assert again == code
    for key in ("verdict", "states", "transitions", "depth"):
        assert went_on[key] == whole[key]
    for key in ("conditions", "pruned_branches", "z3_queries", "imprecise_edges"):
        assert went_on["symbolic"][key] == whole["symbolic"][key]


@NATIVE
@pytest.mark.parametrize("visited", ["compact", "bitstate"])
def test_an_inexact_search_finds_violations_and_never_says_holds(
    visited: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    holds = TEXTS["sort"].replace("[sorted_pair, still_there]", "[sorted_pair]")
    for text, expected in ((holds, 3), (VIOLATED, 1)):
        path = tmp_path / "model.py"
        path.write_text(HEAD + text, encoding="utf-8")
        trace = str(tmp_path / "trace.json")
        code, report = outcome(capsys, path, "native", "--visited", visited, "--trace-out", trace)
        assert code == expected
        assert not report["exact"]
    assert run(["replay", trace, "--model", str(path)]) == 1


def outcome(
    capsys: pytest.CaptureFixture[str], path: Path, engine: str, *more: str
) -> tuple[int, dict[str, Any]]:
    """The exit code and the report of a search."""
    code = explore(path, engine, "--json", *more)
    return code, json.loads(capsys.readouterr().out)


def test_a_trace_has_the_values_and_replays(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path, trace = tmp_path / "collision.py", tmp_path / "trace.json"
    path.write_text(HEAD + VIOLATED, encoding="utf-8")
    assert explore(path, "native", "--trace-out", str(trace)) == 1
    shown = capsys.readouterr().out
    assert "Content A" in shown
    recorded = json.loads(trace.read_text(encoding="utf-8"))
    assert recorded["values"]
    assert run(["replay", str(trace), "--model", str(path)]) == 1
