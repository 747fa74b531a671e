"""Symmetry and heap with symbols: what is proved, one state of each class, the same verdicts."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ksmcheck.analysis.symbols import symbols_of
from ksmcheck.analysis.symmetry.automorphisms import symmetries
from ksmcheck.backends.evaluator import Evaluator
from ksmcheck.backends.native.compiler import find_compiler
from ksmcheck.explore.native_engine import NativeEngine
from ksmcheck.explore.options import SearchOptions
from ksmcheck.explore.reductions import Reduction
from ksmcheck.explore.result import SearchResult
from ksmcheck.ir.program import Program
from ksmcheck.trace.describe import Model
from ksmcheck.trace.record import record
from tests.explore.symmetric_checks import (
    BOTH,
    check_definition,
    check_paths,
    check_search,
    search,
    summary,
)
from tests.oracle.engine import name_of
from tests.oracle.evaluator_search import search as whole_space
from tests.symbolic.finite import Finite
from tests.symbolic.interchangeable import TEXTS, UNKNOWNS, compiled, random_texts

NATIVE = pytest.mark.skipif(find_compiler() is None, reason="there is no C compiler")
ALL = frozenset(Reduction)
MOST_STATES = 2500


def of_text(text: str) -> Program:
    with tempfile.TemporaryDirectory() as folder:
        return compiled(text, Path(folder))


def names(program: Program, result: SearchResult) -> set[str]:
    return {name_of(program, finding) for finding in result.findings}


def replay(program: Program, result: SearchResult) -> None:
    """What was found is a run of the evaluator, and z3 finds values for it."""
    check_paths(program, result)
    for finding in result.findings:
        assert len(record(Model.of(program, result.oracle), finding).steps) == finding.depth


def engines_agree(program: Program, cache: Path | None = None) -> None:
    """The same classes, whoever counts them."""
    for reductions in (BOTH, BOTH | {Reduction.POR}, ALL):
        python = search(program, reductions)
        replay(program, python)
        for workers in (1, 2):
            engine = NativeEngine(workers=workers, cache=cache)
            options = SearchOptions(all_violations=True, reductions=reductions)
            native = engine.search(program, options)
            replay(program, native)
            assert names(program, native) == names(program, python)
            # of one class the engines keep different states, in which por may choose other actors
            if reductions == BOTH:
                assert native.states == python.states
                assert native.transitions == python.transitions
                assert summary(program, native) == summary(program, python)


@pytest.mark.parametrize("name", TEXTS)
def test_one_state_of_each_class(name: str, tmp_path: Path) -> None:
    program = compiled(TEXTS[name], tmp_path)
    assert symmetries(program).classes
    check_definition(program, 60)
    check_search(program)


@pytest.mark.parametrize(("name", "plain", "classes"), [("twins", 859, 230), ("three", 2146, 230)])
def test_how_much_is_saved(name: str, plain: int, classes: int, tmp_path: Path) -> None:
    program = compiled(TEXTS[name], tmp_path)
    assert search(program, frozenset()).states == plain
    assert search(program, BOTH).states == classes


@pytest.mark.parametrize("name", TEXTS)
def test_contents_from_a_range(name: str, tmp_path: Path) -> None:
    """As many values as a run makes unknowns: what is violated, and how soon, is the same."""
    program, count = compiled(TEXTS[name], tmp_path), UNKNOWNS[name]
    expected: dict[str, int] = {}
    for below in (0, count // 2):  # the fixed element is the lowest, or has some on both sides
        finite = Finite(symbols_of(program), count + 1, below)
        for bad in whole_space(program, Evaluator(program, finite)).bad.values():
            expected[bad.name] = min(bad.depth, expected.get(bad.name, bad.depth))
    found: dict[str, int] = {}
    for finding in search(program, BOTH).findings:
        name_found = name_of(program, finding)
        found[name_found] = min(finding.depth, found.get(name_found, finding.depth))
    assert found == expected


@NATIVE
@pytest.mark.parametrize("name", TEXTS)
def test_engines_count_alike(name: str, tmp_path: Path) -> None:
    engines_agree(compiled(TEXTS[name], tmp_path))


TWO_ACTORS = """
@struct(permanent=True)
class Slot:
    content: Content


left: Content
right: Content
mark: Checksum
x: bool


@setup
def start() -> None:
    global left, right
    left = fresh(Content)
    right = fresh(Content)


@actor
def One() -> None:
    global left, right, mark, x
    first = left
    second = right
    slot = choose(pool(Slot))
    third = slot.content
    {one}


@actor
def Other() -> None:
    global left, right, mark, x
    first = left
    second = right
    slot = choose(pool(Slot))
    third = slot.content
    {other}


scenario(question="?", symbols={{Content: 6, Checksum: 3}}, pools={{Slot: 2}}, properties=[])
"""
ATOMIC = 'with atomic("a test"):\n        {}'


@pytest.mark.parametrize(
    ("one", "other", "exchanged"),
    [
        ("x = first == third", "x = first == third", True),
        ("x = first == third", "x = second == third", False),
        ("x = first < third", "x = third < first", False),
        ("mark = checksum(first)", "mark = checksum(first)", True),
        ("mark = checksum(first)", "mark = checksum(second)", False),
        # the same answers, but the questions come in another order
        ("x = first == third and second == third", "x = first == third and second == third", True),
        ("x = first == third and second == third", "x = second == third and first == third", False),
        ("x = first == third or second == third", "x = second == third or first == third", False),
        # one unknown or two
        (
            ATOMIC.format("left = fresh(Content)\n        right = left"),
            ATOMIC.format("left = fresh(Content)\n        right = fresh(Content)"),
            False,
        ),
        (
            ATOMIC.format("left = fresh(Content)\n        right = fresh(Content)"),
            ATOMIC.format("left = fresh(Content)\n        right = fresh(Content)"),
            True,
        ),
    ],
)
def test_what_actors_ask(one: str, other: str, exchanged: bool, tmp_path: Path) -> None:
    program = compiled(TWO_ACTORS.format(one=one, other=other), tmp_path)
    found = symmetries(program)
    assert bool(found.swaps) == exchanged
    assert [len(group) for group in found.classes] == [2]
    check_definition(program, 60)


NAMED = """
@struct(permanent=True)
class Slot:
    content: Content


first = instance(Slot)
second = instance(Slot)
third = instance(Slot)
x: bool


@setup
def start() -> None:
    for slot in pool(Slot):
        slot.content = fresh(Content)


@actor
def Chooser() -> None:
    slot = choose(pool(Slot))
    slot.content = fresh(Content)


@actor
def Comparer() -> None:
    global x
    {body}


{asked}
scenario(question="?", symbols={{Content: 6}}, pools={{}}, properties=[{properties}])
"""
ASKED = '''
@invariant(source="the reader")
def compared() -> bool:
    """Compares one of the slots with all others."""
    return all(slot.content <= first.content for slot in pool(Slot))


@witness(compared)
def always() -> bool:
    return not x
'''


@pytest.mark.parametrize(
    ("body", "asked", "sizes"),
    [
        ("x = True", "", [3]),
        ("one = first.content\n    other = second.content\n    x = one == other", "", []),
        ("one = first.content\n    x = one == 0", "", [2]),
        ("x = True", ASKED, [2]),
    ],
)
def test_who_is_compared(body: str, asked: str, sizes: list[int], tmp_path: Path) -> None:
    properties = "compared" if asked else ""
    text = NAMED.format(body=body, asked=asked, properties=properties)
    program = compiled(text, tmp_path)
    assert [len(group) for group in symmetries(program).classes] == sizes
    if sizes:
        check_definition(program, 60)


def check(text: str, *, native: bool) -> None:
    program = of_text(text)
    whole = search(program, frozenset(), most_states=MOST_STATES)
    if whole.states == MOST_STATES:
        return
    check_definition(program, 20)
    check_search(program, 500)
    if native:
        engines_agree(program)


@settings(max_examples=6, deadline=None)
@given(random_texts())
def test_random_programs(text: str) -> None:
    check(text, native=False)


@NATIVE
@settings(max_examples=2, deadline=None)
@given(random_texts())
def test_random_programs_with_the_native_engine(text: str) -> None:
    check(text, native=True)


@pytest.mark.slow
@settings(max_examples=150, deadline=None)
@given(random_texts(), st.just(find_compiler() is not None))
def test_more_random_programs(text: str, native: bool) -> None:
    check(text, native=native)
