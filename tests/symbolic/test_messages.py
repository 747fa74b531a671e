"""What a user reads when a model with symbols asks for too much: word for word, with the exit code.

After a deliberate change: ``pytest tests/symbolic --update-golden``, then read the difference.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import z3

from ksmcheck.backends.native.compiler import find_compiler
from ksmcheck.cli.main import run
from ksmcheck.symbolic import automaton
from ksmcheck.symbolic.theory import Theory
from tests.symbolic.models import HEAD, TEXTS

Golden = Callable[[str, str], None]

NATIVE = pytest.mark.skipif(find_compiler() is None, reason="there is no C compiler")
ENGINES = pytest.mark.parametrize("engine", ["python", pytest.param("native", marks=NATIVE)])

# z3 counts its work; with so little of it nothing is decided, on any machine.
LITTLE_WORK = 1


@pytest.fixture
def model(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A model with symbols in the current folder."""
    monkeypatch.chdir(tmp_path)
    Path("sort.py").write_text(HEAD + TEXTS["sort"], encoding="utf-8")
    return "sort.py"


def explore(model: str, engine: str, *more: str) -> int:
    return run(["explore", "--model", model, "--engine", engine, "--quiet", *more])


@ENGINES
def test_more_symbols_than_the_scenario_allows(
    engine: str, model: str, golden: Golden, capsys: pytest.CaptureFixture[str]
) -> None:
    text = Path(model).read_text(encoding="utf-8")
    Path(model).write_text(text.replace("{Content: 5}", "{Content: 2}"), encoding="utf-8")
    assert explore(model, engine) == 2
    golden("too_many_symbols.txt", capsys.readouterr().err)


@ENGINES
def test_more_conditions_than_have_numbers(
    engine: str,
    model: str,
    golden: Golden,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(automaton, "LAST_CONDITION", 3)
    assert explore(model, engine) == 2
    golden("too_many_conditions.txt", capsys.readouterr().err)


@pytest.mark.parametrize("name", ["symmetry", "heap"])
def test_what_renames_objects(
    name: str, model: str, golden: Golden, capsys: pytest.CaptureFixture[str]
) -> None:
    assert explore(model, "auto", "--reduce", name) == 2
    golden(f"reduce_{name}.txt", capsys.readouterr().err)


def test_all_reductions_are_those_that_can_be_used(
    model: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert explore(model, "python", "--reduce", "all") == 1
    assert "por, merge" in capsys.readouterr().out


def test_export(model: str, golden: Golden, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["export", "--model", model, "--to", "promela", "sort.pml"]) == 2
    golden("export.txt", capsys.readouterr().err)


@ENGINES
def test_a_query_that_z3_does_not_decide(
    engine: str,
    model: str,
    golden: Golden,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Nothing is guessed: the verdict is inconclusive, and the file has the whole query."""
    make = Theory._solver

    def tired(theory: Theory) -> z3.Solver:
        solver = make(theory)
        solver.set("rlimit", LITTLE_WORK)
        return solver

    monkeypatch.setattr(Theory, "_solver", tired)
    assert explore(model, engine) == 3
    shown = capsys.readouterr().out
    said = [line for line in shown.splitlines() if "z3 did" in line or ".smt2" in line]
    golden("undecided.txt", "\n".join(said) + "\n")
    asked = z3.Solver()
    asked.from_file("sort-undecided.smt2")
    assert len(asked.assertions()) > 1
    assert asked.check() == z3.sat
