"""Right movers: they commute as they must, and what going on from them must not hide is found."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, assume, given, settings

from ksmcheck.analysis import points
from ksmcheck.backends.native.compiler import find_compiler
from ksmcheck.diagnostics import UserError
from ksmcheck.explore.engines import EngineName
from ksmcheck.explore.options import SearchOptions
from ksmcheck.explore.python_engine import PythonEngine
from ksmcheck.explore.reductions import Reduction
from ksmcheck.ir.program import BuiltinCheck, Program
from tests.backends.random_programs import programs as random_steps
from tests.native.agreement import native
from tests.oracle.evaluator_search import TooManyStates, search
from tests.oracle.models import compile_file, compile_text
from tests.reductions.lock_programs import lock_programs
from tests.reductions.right_movers import verify_movers
from tests.reductions.same_verdicts import assert_same_verdicts, reduced

ROOT = Path(__file__).parent.parent
MODELS = sorted([*(ROOT / "textbook").glob("*.py"), *(ROOT / "checks").glob("*.py")])
SMALL = [path for path in MODELS if not path.name.startswith(("test_", "__"))]
LIMIT = 2000
MERGE = frozenset({Reduction.POR, Reduction.MERGE})
SETTINGS = settings(deadline=None, suppress_health_check=list(HealthCheck))
ENGINES = [
    EngineName.PYTHON,
    pytest.param(
        EngineName.NATIVE, marks=pytest.mark.skipif(find_compiler() is None, reason="no C compiler")
    ),
]


def check(program: Program) -> None:
    try:
        space = search(program, most=LIMIT)
    except (UserError, TooManyStates):
        assume(False)
    verify_movers(space)


@pytest.mark.parametrize("path", SMALL, ids=lambda path: path.stem)
def test_textbook_and_check_models(path: Path) -> None:
    verify_movers(search(compile_file(path)))


def test_there_are_some() -> None:
    found = {path.stem: verify_movers(search(compile_file(path))) for path in SMALL[:12]}
    assert sum(map(bool, found.values())) > 3, found


@pytest.mark.parametrize("path", SMALL[::3], ids=lambda path: path.stem)
def test_where_not_all_variables_count(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(points, "MOST_AT_ONE", 1)
    verify_movers(search(compile_file(path)))


@settings(SETTINGS, max_examples=60)
@given(text=lock_programs())
def test_random_locks(tmp_path_factory: pytest.TempPathFactory, text: str) -> None:
    check_locks(tmp_path_factory, text)


@pytest.mark.slow
@settings(SETTINGS, max_examples=600)
@given(text=lock_programs())
def test_many_random_locks(tmp_path_factory: pytest.TempPathFactory, text: str) -> None:
    check_locks(tmp_path_factory, text)


def check_locks(folders: pytest.TempPathFactory, text: str) -> None:
    check(compile_text(folders, text))


@settings(SETTINGS, max_examples=60)
@given(program=random_steps())
def test_random_steps(program: Program) -> None:
    check(program)


@pytest.mark.slow
@settings(SETTINGS, max_examples=600)
@given(program=random_steps())
def test_many_random_steps(program: Program) -> None:
    check(program)


HEAD = """from typing import Annotated

from ksmcheck.lang import *

p: Mutex
q: Mutex
phase: Annotated[int, Range(0, 3)]
x: Annotated[int, Range(0, 3)]
y: Annotated[int, Range(0, 3)]
z: Annotated[int, Range(0, 3)]
w: Annotated[int, Range(0, 3)]

"""
TAIL = """

@{kind}(source="nowhere")
def holds() -> bool:
    \"\"\"It holds.\"\"\"
    return {predicate}


@witness(holds)
def reached() -> bool:
    \"\"\"Always.\"\"\"
    return True


scenario(question="?", kernel="", properties=[holds])
"""


def actor(name: str, *lines: str, daemon: bool = False) -> str:
    body = "\n".join("    " + line for line in ("global phase, x, y, z, w", *lines))
    return f"\n@actor{'(daemon=True)' if daemon else ''}\ndef {name}() -> None:\n{body}\n\n"


def text(*actors: str, kind: str = "invariant", predicate: str = "True") -> str:
    return HEAD + "".join(actors) + TAIL.format(kind=kind, predicate=predicate)


# Both orders of the locks are known long before two actors meet in them.
CROSSED = text(
    actor(
        "A",
        "with mutex_lock(p):", "    with mutex_lock(q):", "        z = 1",
        "with mutex_lock(q):", "    with mutex_lock(p):", "        z = 2",
        "phase = 1",
        "with mutex_lock(p):", "    with mutex_lock(q):", "        z = 3",
    ),
    actor("B", "wait_until(phase == 1)", "with mutex_lock(q):", "    with mutex_lock(p):",
          "        w = 1"),
)  # fmt: skip

# Each of the steps commutes with all that the other actor does; only both together break it.
TOGETHER = text(actor("A", "x = 1", "x = 0"), actor("B", "y = 1", "y = 0"), predicate="x + y <= 1")
AT_THE_END = text(
    actor("A", "z = 1", "z = 2"),
    actor("D", "while True:", "    x = 1", "    x = 0", daemon=True),
    actor("E", "while True:", "    y = 1", "    y = 0", daemon=True),
    kind="end_property",
    predicate="x + y <= 1",
)
# B's step violates it only while A has been at one step and not at the next one.
SPOILT = text(
    actor("A", "x = 1", "x = 0"),
    actor("B", "y = 1", "y = 2", "y = 3"),
    kind="step_property",
    predicate="old(y) == y or x == 0",
)
# More is gone on from than is at once.
LONG = (
    actor("A", *("x = choose(0, 1, 2)", "z = x") * 6),
    actor("B", "y = 1", "w = 1", "y = 2"),
)
# Of what is chosen, some goes on for longer.
BRANCHES = text(
    actor("A", "a = choose(0, 1, 2)", "x = a", "if a == 1:", "    z = 1", "z = 2", "y = a"),
    actor("B", "b = choose(0, 1)", "w = b", "if y == 1:", "    assert x != 1"),
)


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize(
    ("source", "bad"),
    [
        (CROSSED, {"KSM842"}),
        (TOGETHER, {"holds"}),
        (AT_THE_END, {"holds"}),
        (SPOILT, {"holds"}),
        (BRANCHES, {"KSM881"}),
    ],
    ids=["crossed", "together", "end", "spoilt", "branches"],
)
def test_what_must_not_be_missed(
    tmp_path: Path, source: str, bad: set[str], engine: EngineName
) -> None:
    path = tmp_path / "small.py"
    path.write_text(source, encoding="utf-8")
    program = compile_file(path, disabled=[BuiltinCheck.LOCK_ORDER, BuiltinCheck.DATA_RACE])
    space = search(program)
    assert set(space.bad) == bad
    for names in (("por", "merge"), ("por", "merge", "symmetry", "heap", "dead")):
        assert_same_verdicts(program, space, reduced(program, names, engine))
    verify_movers(space)


@pytest.mark.skipif(find_compiler() is None, reason="no C compiler")
@pytest.mark.parametrize("source", [CROSSED, BRANCHES, text(*LONG)])
def test_engines_count_alike(tmp_path: Path, source: str) -> None:
    path = tmp_path / "small.py"
    path.write_text(source, encoding="utf-8")
    program = compile_file(path, disabled=[BuiltinCheck.LOCK_ORDER, BuiltinCheck.DATA_RACE])
    options = SearchOptions(all_violations=True, reductions=MERGE)
    results = [
        PythonEngine().search(program, options),
        *(native(workers).search(program, options) for workers in (1, 2)),
    ]
    assert len({(r.states, r.transitions, r.depth, r.savings) for r in results}) == 1
