"""Properties over steps that a step which changes nothing violates: stubborn sets miss none."""

from __future__ import annotations

from pathlib import Path

import pytest
from attrs import evolve

from ksmcheck.analysis.arms import Entered
from ksmcheck.backends.native.compiler import find_compiler
from ksmcheck.explore.assuming import STUBBORN
from ksmcheck.explore.native_engine import NativeEngine
from ksmcheck.explore.options import SearchOptions
from ksmcheck.explore.python_engine import PythonEngine
from ksmcheck.explore.reductions import Reduction
from ksmcheck.explore.result import SearchResult
from ksmcheck.explore.still_steps import with_still_steps
from ksmcheck.ir.program import Program
from tests.oracle.models import compile_file

TEXT = '''"""A property over steps that may be false of a step which changes nothing."""
from typing import Annotated

from ksmcheck.lang import *

up: Annotated[int, Range(0, 1)]
word: Annotated[int, Range(0, 1)]
other: Annotated[int, Range(0, 1)]


@actor
def A() -> None:
    global up, word
    {first} = 1
    {second} = 1


@actor
def B() -> None:
    global other
    other = 1


@step_property(source="nowhere")
def stays() -> bool:
    """Once up, the word is set."""
    return old(up) == 0 or up == 0 or word == 1


@witness(stays)
def reached() -> bool:
    """Up."""
    return up == 1 and word == 1


scenario(question="?", kernel="", properties=[stays])
'''
ENGINES = [
    "python",
    pytest.param("native", marks=pytest.mark.skipif(find_compiler() is None, reason="no compiler")),
]


def program(folder: Path, first: str, second: str) -> Program:
    file = folder / "still.py"
    file.write_text(TEXT.replace("{first}", first).replace("{second}", second), encoding="utf-8")
    return compile_file(file)


def searched(name: str, program: Program) -> SearchResult:
    """With tables from the beginning: no first search with everything decides it."""
    engine = PythonEngine() if name == "python" else NativeEngine(workers=1)
    entered = Entered.everything(program)
    return engine.search(program, SearchOptions(reductions=STUBBORN, entered=entered))


@pytest.mark.parametrize("name", ENGINES)
def test_a_step_that_changes_nothing_violates(name: str, tmp_path: Path) -> None:
    result = searched(name, program(tmp_path, "up", "word"))
    (finding,) = result.findings
    assert (finding.index, finding.depth) == (0, 2)
    assert result.unused == STUBBORN


@pytest.mark.parametrize("name", ENGINES)
def test_where_none_can_the_sets_are_used(name: str, tmp_path: Path) -> None:
    result = searched(name, program(tmp_path, "word", "up"))
    assert not result.findings
    assert not result.unused


def test_the_search_is_watched_only_where_it_must_be(tmp_path: Path) -> None:
    given: list[Program] = []
    model = program(tmp_path, "word", "up")

    def search(program: Program, options: SearchOptions, _: object) -> SearchResult:
        given.append(program)
        return PythonEngine().search(program, evolve(options, reductions=frozenset()))

    for reductions in (frozenset[Reduction](), STUBBORN):
        with_still_steps(search, model, SearchOptions(reductions=reductions), None)
    assert given[0] is model
    assert len(given[1].properties) == len(model.properties) + 1
