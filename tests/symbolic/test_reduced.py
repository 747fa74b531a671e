"""Searches of models with symbols that leave states out against those that do not."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ksmcheck.analysis.symbols import waits_after_asking
from ksmcheck.backends.native.compiler import find_compiler
from ksmcheck.cli.main import run as ksmcheck
from ksmcheck.diagnostics import UserError
from ksmcheck.explore.engines import EngineChoice, EngineName, run
from ksmcheck.explore.options import SearchOptions, StopReason
from ksmcheck.explore.reductions import Reduce, Reduction, decide
from ksmcheck.explore.result import SearchResult
from ksmcheck.ir.program import Program
from ksmcheck.trace.describe import Model
from ksmcheck.trace.record import record
from tests.oracle.engine import name_of
from tests.oracle.evaluator_search import search
from tests.oracle.models import compile_file
from tests.reductions.same_verdicts import fired, witnessed
from tests.symbolic import models, test_random_programs
from tests.symbolic.test_random_programs import BODIES

REDUCED = [("por",), ("por", "merge")]


def reduced(program: Program, names: tuple[str, ...], engine: EngineName) -> SearchResult:
    wanted = Reduce(frozenset(map(Reduction, names)), required=True)
    choice = EngineChoice(engine, workers=1, reduce=wanted)
    return run(choice, program, SearchOptions(all_violations=True), None).result


def same_verdicts(program: Program, engine: EngineName) -> None:
    """The same violations, witnesses, lock orders and fired steps; and every finding replays."""
    space = search(program)
    for names in REDUCED:
        result = reduced(program, names, engine)
        assert result.stop_reason is StopReason.EXHAUSTED
        found = {name_of(program, finding) for finding in result.findings}
        assert found == set(space.bad)
        for finding in result.findings:
            assert len(record(Model.of(program, result.oracle), finding).steps) == finding.depth
            assert finding.depth >= space.bad[name_of(program, finding)].depth
        assert result.witnessed == witnessed(space)
        assert result.edges == frozenset(space.flags)
        assert result.fired == fired(space)


@pytest.mark.parametrize("name", models.TEXTS)
def test_small_models(name: str, tmp_path: Path) -> None:
    same_verdicts(models.compiled(name, tmp_path), EngineName.PYTHON)


@pytest.mark.skipif(find_compiler() is None, reason="there is no C compiler")
@pytest.mark.parametrize("names", REDUCED)
@pytest.mark.parametrize("name", models.TEXTS)
def test_engines_count_alike(name: str, names: tuple[str, ...], tmp_path: Path) -> None:
    program = models.compiled(name, tmp_path)
    python = reduced(program, names, EngineName.PYTHON)
    native = reduced(program, names, EngineName.NATIVE)
    for result in (python, native):
        assert result.stop_reason is StopReason.EXHAUSTED
    assert (python.states, python.transitions, python.depth) == (
        native.states,
        native.transitions,
        native.depth,
    )
    assert {f.depth for f in python.findings} == {f.depth for f in native.findings}


# With symbols that compare like this the first actor ends in a fault, otherwise it goes on.
ASSERTS = (
    "assert a == b or not x",
    "assert b < c or not y",
    "assert checksum(a) == k or not x",
)


def check(bodies: tuple[list[str], list[str], list[str]], places: tuple[int, int]) -> None:
    """The same verdicts with asserts that some values of the symbols fulfil and others do not."""
    first, second = (ASSERTS[place] for place in places)
    asserting = ([*bodies[0], first, "y = not y"], bodies[1], [second, *bodies[2]])
    with tempfile.TemporaryDirectory() as folder:
        program = test_random_programs.compiled(asserting, folder)
    same_verdicts(program, EngineName.PYTHON)


PLACES = st.tuples(st.integers(0, 2), st.integers(0, 2))


@settings(max_examples=4, deadline=None)
@given(st.tuples(BODIES, BODIES, BODIES), PLACES)
def test_random_programs_reduced(
    bodies: tuple[list[str], list[str], list[str]], places: tuple[int, int]
) -> None:
    check(bodies, places)


@pytest.mark.slow
@settings(max_examples=100, deadline=None)
@given(st.tuples(BODIES, BODIES, BODIES), PLACES)
def test_more_random_programs_reduced(
    bodies: tuple[list[str], list[str], list[str]], places: tuple[int, int]
) -> None:
    check(bodies, places)


@pytest.mark.parametrize("name", ["symmetry", "heap"])
def test_where_nothing_is_interchangeable(
    name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "sort.py"
    path.write_text(models.HEAD + models.TEXTS["sort"], encoding="utf-8")
    assert ksmcheck(["explore", "--model", str(path), "--reduce", name]) == 2
    shown = capsys.readouterr().err
    assert "KSM553" in shown
    assert "no two objects or actors are interchangeable" in shown


WAITING = """
sem: RwSem
a: Content
b: Content
x: bool


@setup
def start() -> None:
    global a, b
    a = fresh(Content)
    b = fresh(Content)


@actor
def Reader() -> None:
    global x
    with atomic("a test"):
        if a < b:
            down_read(sem)
            x = True
            up_read(sem)


@actor
def Other() -> None:
    global a
    down_{way}(sem)
    a = fresh(Content)
    up_{way}(sem)


scenario(question="?", symbols={{Content: 4}}, properties=[])
"""


@pytest.mark.parametrize(("way", "refused"), [("read", False), ("write", True)])
def test_a_step_that_asks_and_then_takes_a_lock(way: str, refused: bool, tmp_path: Path) -> None:
    """It waits for a lock that somebody takes for writing, and for no other."""
    path = tmp_path / "waiting.py"
    path.write_text(models.HEAD + WAITING.format(way=way), encoding="utf-8")
    program = compile_file(path)
    assert waits_after_asking(program) == refused
    if refused:
        with pytest.raises(UserError):
            reduced(program, ("por",), EngineName.PYTHON)
        # What goes on from it is left out with it.
        left = decide(Reduce(frozenset(Reduction)), program)
        assert not left & {Reduction.POR, Reduction.MERGE}
    else:
        same_verdicts(program, EngineName.PYTHON)
