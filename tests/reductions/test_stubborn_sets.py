"""Partial order reduction: the definition holds, and every verdict is as in the whole space."""

from __future__ import annotations

from pathlib import Path

import pytest
from attrs import evolve
from hypothesis import HealthCheck, assume, given, settings

from ksmcheck.analysis import points
from ksmcheck.backends.native.compiler import find_compiler
from ksmcheck.diagnostics import UserError
from ksmcheck.explore.engines import EngineName
from ksmcheck.explore.options import SearchOptions
from ksmcheck.explore.python_engine import PythonEngine
from ksmcheck.explore.reductions import Reduction
from ksmcheck.ir.program import BuiltinCheck, Program
from tests.backends import programs as hand_built
from tests.backends.random_programs import programs as random_steps
from tests.native.agreement import native
from tests.oracle.evaluator_search import TooManyStates, search
from tests.oracle.models import compile_file, compile_text
from tests.random_programs.programs import programs as random_sources
from tests.random_programs.schedule import Scheduler, TooLarge
from tests.reductions.definition import verify
from tests.reductions.lock_programs import lock_programs
from tests.reductions.same_verdicts import assert_same_verdicts, reduced

ROOT = Path(__file__).parent.parent
MODELS = sorted([*(ROOT / "textbook").glob("*.py"), *(ROOT / "checks").glob("*.py")])
SMALL = [path for path in MODELS if not path.name.startswith(("test_", "__"))]
LIMIT = 3000
LAYERS = (("por",), ("por", "merge"), ("por", "merge", "symmetry", "heap"))
REDUCED = SearchOptions(all_violations=True, reductions=frozenset({Reduction.POR}))
MERGED = evolve(REDUCED, reductions=frozenset({Reduction.POR, Reduction.MERGE}))
SETTINGS = settings(deadline=None, suppress_health_check=list(HealthCheck))


def check(program: Program) -> None:
    """Compare everything with the whole space."""
    try:
        space = search(program, most=LIMIT)
    except (UserError, TooManyStates):
        assume(False)
    verify(space)
    for names in LAYERS:
        assert_same_verdicts(program, space, reduced(program, names))


@pytest.mark.parametrize("path", SMALL, ids=lambda path: path.stem)
def test_textbook_and_check_models(path: Path) -> None:
    program = compile_file(path)
    space = search(program)
    verify(space)
    for names in LAYERS:
        assert_same_verdicts(program, space, reduced(program, names))


@pytest.mark.parametrize("most", [1, 2])
@pytest.mark.parametrize("path", SMALL, ids=lambda path: path.stem)
def test_where_not_all_variables_count(
    path: Path, most: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Several local states are one point."""
    monkeypatch.setattr(points, "MOST_AT_ONE", most)
    program = compile_file(path)
    space = search(program)
    verify(space)
    assert_same_verdicts(program, space, reduced(program, LAYERS[-1]))


@pytest.mark.parametrize("make", hand_built.ALL, ids=lambda make: make.__name__)
def test_hand_built_programs(make: object) -> None:
    assert callable(make)
    check(make())


@pytest.mark.skipif(find_compiler() is None, reason="no C compiler")
@pytest.mark.parametrize("name", ["philosophers_ordered", "bounded_buffer", "two_phase_commit"])
@pytest.mark.parametrize("options", [REDUCED, MERGED], ids=["por", "merge"])
def test_engines_count_alike(name: str, options: SearchOptions) -> None:
    program = compile_file(ROOT / "textbook" / f"{name}.py")
    results = [
        PythonEngine().search(program, options),
        *(native(workers).search(program, options) for workers in (1, 2)),
    ]
    assert len({(r.states, r.transitions, r.depth, r.savings) for r in results}) == 1


@pytest.mark.skipif(find_compiler() is None, reason="no C compiler")
@pytest.mark.slow
@pytest.mark.parametrize("path", SMALL, ids=lambda path: path.stem)
def test_native_engine(path: Path) -> None:
    program = compile_file(path)
    for names in LAYERS:
        result = reduced(program, names, EngineName.NATIVE)
        assert_same_verdicts(program, search(program), result)


@settings(SETTINGS, max_examples=60)
@given(text=lock_programs())
def test_random_locks(tmp_path_factory: pytest.TempPathFactory, text: str) -> None:
    check_locks(tmp_path_factory, text)


@pytest.mark.slow
@settings(SETTINGS, max_examples=1000)
@given(text=lock_programs())
def test_many_random_locks(tmp_path_factory: pytest.TempPathFactory, text: str) -> None:
    check_locks(tmp_path_factory, text)


def check_locks(folders: pytest.TempPathFactory, text: str) -> None:
    check(compile_text(folders, text))


@settings(SETTINGS, max_examples=60)
@given(program=random_steps())
def test_random_steps(program: Program) -> None:
    check(program)


@settings(SETTINGS, max_examples=30)
@given(text=random_sources())
def test_random_sources(tmp_path_factory: pytest.TempPathFactory, text: str) -> None:
    check_source(tmp_path_factory, text)


@pytest.mark.slow
@settings(SETTINGS, max_examples=1000)
@given(program=random_steps())
def test_many_random_steps(program: Program) -> None:
    check(program)


@pytest.mark.slow
@settings(SETTINGS, max_examples=500)
@given(text=random_sources())
def test_many_random_sources(tmp_path_factory: pytest.TempPathFactory, text: str) -> None:
    check_source(tmp_path_factory, text)


def check_source(folders: pytest.TempPathFactory, text: str) -> None:
    try:
        Scheduler(text).explore(LIMIT)
    except TooLarge:
        assume(False)
    check(compile_text(folders, text, [BuiltinCheck.LOCK_ORDER]))
