"""Dead cells: nothing that a step or a property does tells states apart that differ in them.

python -m pytest -m slow tests/reductions/test_dead_cells.py     (600 random programs)
"""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, assume, given, settings

from ksmcheck.analysis.dead import dead_cells
from ksmcheck.analysis.symmetry.alike import alike
from ksmcheck.analysis.symmetry.automorphisms import symmetries
from ksmcheck.analysis.symmetry.canonical import Canonical
from ksmcheck.backends.evaluator import Evaluator, State
from ksmcheck.backends.native.compiler import find_compiler
from ksmcheck.diagnostics import UserError
from ksmcheck.explore.options import SearchOptions
from ksmcheck.explore.python_engine import PythonEngine
from ksmcheck.explore.reductions import Reduce, Reduction, decide
from ksmcheck.frontend import CompileOptions, compile_model
from ksmcheck.ir.program import Program, PropertyKind
from tests.backends import programs as hand_built
from tests.backends.random_programs import programs as random_steps
from tests.explore.symmetric_checks import every_renaming
from tests.native.agreement import native
from tests.oracle.evaluator_search import Space, TooManyStates, search
from tests.oracle.models import compile_file
from tests.random_programs.pools import pool_programs
from tests.reductions.same_verdicts import assert_same_verdicts, reduced

ROOT = Path(__file__).parent.parent
MODELS = sorted([*(ROOT / "textbook").glob("*.py"), *(ROOT / "checks").glob("*.py")])
SMALL = [path for path in MODELS if not path.name.startswith(("test_", "__"))]
LAYERS = (("dead",), ("symmetry", "heap", "dead"), ("por", "merge", "symmetry", "heap", "dead"))
SETTINGS = settings(deadline=None, suppress_health_check=list(HealthCheck))
LIMIT = 3000

MAILBOX = """
from typing import Annotated

from ksmcheck.lang import *

box: Annotated[int, Range(0, 3)]
full: bool
taken: bool


@actor
def sender() -> None:
    global box, full
    box = choose(1, 2, 3)
    full = True


@actor
def receiver() -> None:
    global taken
    wait_until(full)
    if box == 1:
        taken = True


@actor(daemon=True)
def bystander() -> None:
    pass


scenario(question="?", kernel="", properties=[], expected=[Expect(verdict="holds")])
"""

WATCHED = '''
@invariant(source="here")
def small() -> bool:
    """The box holds at most three; whoever says that it is full may be right."""
    return box <= 3 and (full or not full)


@witness(small)
def full_of_three() -> bool:
    """It holds three."""
    return box == 3


scenario(question="?", kernel="", properties=[small], expected=[Expect(verdict="holds")])
'''


def forms_of(program: Program) -> Canonical:
    found = symmetries(program)
    return Canonical(program, found, None, alike(program, dead_cells(program), found))


def seen(program: Program, evaluator: Evaluator, canonical: Canonical, state: State) -> object:
    """What can be told of a state: its properties, and its steps, up to canonical forms."""
    steps = set()
    for outcome in evaluator.successors(state):
        fault = None if outcome.fault is None else program.faults[outcome.fault].code
        after, broken = None, frozenset[str]()
        if outcome.state is not None:
            after = canonical(outcome.state)
            broken = told(program, evaluator, outcome.state, state)
        steps.add((fault, after, outcome.flags, broken))
    return steps, told(program, evaluator, state, None)


def told(program: Program, evaluator: Evaluator, state: State, old: State | None) -> frozenset[str]:
    """The properties that are false and the witnesses that are reached."""
    found = set()
    for item in program.properties:
        if (item.kind is PropertyKind.STEP) != (old is not None):
            continue
        if not all(evaluator.value(i.predicate, state, old) for i in item.instances):
            found.add(item.name)
        if item.witness is not None and evaluator.value(item.witness, state, old):
            found.add(f"witness of {item.name}")
    return frozenset(found)


def verify(space: Space, most: int = 600) -> int:
    """The definition at each state; how many states had something blank."""
    program, evaluator = space.program, space.evaluator
    canonical, changed = forms_of(program), 0
    renamings = every_renaming(program, None)
    for state in list(space.levels)[:most]:
        form = canonical(state)
        assert canonical(form) == form
        assert all(canonical(rename(state)) == form for rename in renamings)
        assert canonical.dead is not None
        changed += canonical.dead(state) != state
        assert seen(program, evaluator, canonical, form) == seen(
            program, evaluator, canonical, state
        )
    return changed


def check(program: Program) -> None:
    """The definition, and every verdict with and without."""
    try:
        space = search(program, most=LIMIT)
    except (UserError, TooManyStates):
        assume(False)
    verify(space)
    for names in LAYERS:
        assert_same_verdicts(program, space, reduced(program, names))


def compiled(text: str) -> Program:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "dead_cells.py"
        file.write_text(text, encoding="utf-8")
        return compile_model(str(file), CompileOptions())


def test_what_was_read_for_the_last_time_is_forgotten() -> None:
    program = compiled(MAILBOX)
    space = search(program)
    assert verify(space)
    whole, less = reduced(program, ()), reduced(program, ("dead",))
    # What the receiver did with the box is kept; which of 2 and 3 was in it is not.
    assert less.states < whole.states == len(space.levels)
    assert_same_verdicts(program, space, less)


def test_what_a_property_looks_at_is_kept() -> None:
    program = compiled(MAILBOX[: MAILBOX.index("scenario(")] + WATCHED)
    assert reduced(program, ("dead",)).states == reduced(program, ()).states
    with pytest.raises(UserError) as caught:
        decide(Reduce(frozenset({Reduction.DEAD}), required=True), program)
    assert [(d.code, "may be read again" in d.message) for d in caught.value.diagnostics] == [
        ("KSM553", True)
    ]


@pytest.mark.parametrize("path", SMALL, ids=lambda path: path.stem)
def test_textbook_and_check_models(path: Path) -> None:
    program = compile_file(path)
    space = search(program)
    verify(space)
    for names in LAYERS:
        assert_same_verdicts(program, space, reduced(program, names))


@pytest.mark.parametrize("make", hand_built.ALL, ids=lambda make: make.__name__)
def test_hand_built_programs(make: object) -> None:
    assert callable(make)
    check(make())


@pytest.mark.skipif(find_compiler() is None, reason="no C compiler")
@pytest.mark.parametrize("names", LAYERS, ids=",".join)
def test_engines_count_alike(names: tuple[str, ...]) -> None:
    options = CompileOptions(kernel="v2.6.38")
    program = compile_model("hotremove_anon_vma_gone", options)
    wanted = decide(Reduce(frozenset(map(Reduction, names))), program)
    asked = SearchOptions(all_violations=True, reductions=wanted)
    results = [
        PythonEngine().search(program, asked),
        *(native(workers).search(program, asked) for workers in (1, 2)),
    ]
    assert len({(r.states, r.transitions, r.depth, r.savings) for r in results}) == 1
    assert results[0].states < 1780


def suite(examples: int) -> None:
    @settings(SETTINGS, max_examples=examples)
    @given(random_steps())
    def steps(program: Program) -> None:
        check(program)

    @settings(SETTINGS, max_examples=examples)
    @given(pool_programs(planted=True))
    def pools(text: str) -> None:
        check(compiled(text))

    steps()
    pools()


def test_some_random_programs() -> None:
    suite(15)


@pytest.mark.slow
def test_many_random_programs() -> None:
    suite(300)
