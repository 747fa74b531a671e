"""Random programs over contents and checksums: evaluator, engines, finite instantiation agree."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ksmcheck.analysis.symbols import symbols_of
from ksmcheck.backends.evaluator import Evaluator
from ksmcheck.backends.native.compiler import find_compiler
from ksmcheck.explore.native_engine import NativeEngine
from ksmcheck.explore.options import SearchOptions
from ksmcheck.explore.python_engine import PythonEngine
from ksmcheck.explore.result import SearchResult
from ksmcheck.ir.program import Program
from tests.oracle.evaluator_search import Space, search
from tests.oracle.models import compile_file
from tests.symbolic.finite import Finite
from tests.symbolic.models import HEAD
from tests.symbolic.test_finite_instantiation import control

# unknowns that a run may make, those of the setup included
UNKNOWNS = 3
STATEMENTS = (
    "a = b",
    "b = c",
    "c = 0",
    "k = checksum(a)",
    "x = a == b",
    "y = b < c",
    "x = checksum(b) == k",
    "y = memcmp(a, c) > 0 or x",
    "if a < b:\n        a = c\n    else:\n        y = True",
    "if a <= c and b != c:\n        x = True",
    "if checksum(c) != k:\n        b = a\n        x = False",
    "old = a\n    if old == c:\n        y = True",
)
BODIES = st.lists(st.sampled_from(STATEMENTS), min_size=1, max_size=3)
TEXT = """
a: Content
b: Content
c: Content
k: Checksum
x: bool
y: bool


@setup
def start() -> None:
    global a, b
    a = fresh(Content)
    b = fresh(Content)


@actor
def First() -> None:
    global a, b, c, k, x, y
    {first}


@actor
def Second() -> None:
    global a, b, c, k, x, y
    {second}
    c = fresh(Content)
    {third}


@invariant(source="the reader")
def not_both() -> bool:
    \"\"\"Never both, unless the first two are equal.\"\"\"
    return not (x and y) or a == b


@witness(not_both)
def somebody() -> bool:
    return x or y


scenario(question="?", symbols={{Content: 6, Checksum: 3}}, properties=[not_both])
"""


def compiled(bodies: tuple[list[str], list[str], list[str]], folder: str) -> Program:
    names = dict(zip(("first", "second", "third"), map("\n    ".join, bodies), strict=True))
    path = Path(folder) / "random_program.py"
    path.write_text(HEAD + TEXT.format(**names), encoding="utf-8")
    return compile_file(path)


def same(result: SearchResult, space: Space) -> None:
    counts = (len(space.levels), space.transitions, space.depth)
    assert (result.states, result.transitions, result.depth) == counts
    assert {f.depth for f in result.findings} == {bad.depth for bad in space.bad.values()}


def agrees_with_finite_contents(bodies: tuple[list[str], list[str], list[str]]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        program = compiled(bodies, folder)
    space, symbols = search(program), symbols_of(program)
    same(PythonEngine().search(program, SearchOptions(all_violations=True)), space)
    reached, bad = set(), dict[str, int]()
    for below in range(UNKNOWNS + 1):
        finite = Finite(symbols, UNKNOWNS + 1, below)
        other = search(program, Evaluator(program, finite))
        reached |= {control(symbols, state) for state in other.levels}
        for item in other.bad.values():
            bad[item.name] = min(item.depth, bad.get(item.name, item.depth))
    assert {control(symbols, state) for state in space.levels} == reached
    assert {item.name: item.depth for item in space.bad.values()} == bad


@settings(max_examples=4, deadline=None)
@given(st.tuples(BODIES, BODIES, BODIES))
def test_python_engine_and_finite_instantiation(
    bodies: tuple[list[str], list[str], list[str]],
) -> None:
    agrees_with_finite_contents(bodies)


@pytest.mark.slow
@settings(max_examples=50, deadline=None)
@given(st.tuples(BODIES, BODIES, BODIES))
def test_python_engine_and_finite_instantiation_on_more(
    bodies: tuple[list[str], list[str], list[str]],
) -> None:
    agrees_with_finite_contents(bodies)


@pytest.mark.skipif(find_compiler() is None, reason="there is no C compiler")
@settings(max_examples=6, deadline=None)
@given(st.tuples(BODIES, BODIES, BODIES))
def test_native_engine(bodies: tuple[list[str], list[str], list[str]]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        program = compiled(bodies, folder)
        expected = search(program)
        for workers in (1, 2):
            engine = NativeEngine(workers=workers, cache=Path(folder))
            same(engine.search(program, SearchOptions(all_violations=True)), expected)
