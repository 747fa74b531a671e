"""What of a program is never entered: both engines see the same, and a search finds it out."""

from __future__ import annotations

from pathlib import Path

import pytest
from attrs import evolve
from hypothesis import HealthCheck, assume, given, settings

from ksmcheck.analysis.arms import EVERY, Entered, arms_of
from ksmcheck.analysis.local_states import local_states
from ksmcheck.analysis.stubborn import stubborn
from ksmcheck.analysis.symmetry.automorphisms import symmetries
from ksmcheck.analysis.symmetry.local_images import local_images
from ksmcheck.analysis.symmetry.renaming import StateMaps
from ksmcheck.analysis.tables import Tables
from ksmcheck.backends.native.compiler import find_compiler
from ksmcheck.backends.python.model import PythonModel
from ksmcheck.diagnostics import UserError
from ksmcheck.explore.assuming import settled
from ksmcheck.explore.breadth_first import breadth_first
from ksmcheck.explore.options import SearchOptions, StopReason
from ksmcheck.explore.python_engine import PythonEngine
from ksmcheck.explore.reductions import Reduction
from ksmcheck.explore.result import SearchResult
from ksmcheck.frontend import compile_model
from ksmcheck.ir.program import Program
from tests.backends.random_programs import programs as random_steps
from tests.native.agreement import native
from tests.oracle.evaluator_search import TooManyStates, search
from tests.oracle.models import compile_file
from tests.reductions.definition import entered_in
from tests.reductions.same_verdicts import assert_same_verdicts

ROOT = Path(__file__).parent.parent
BOTH = frozenset({Reduction.POR, Reduction.MERGE})
REDUCED = SearchOptions(all_violations=True, reductions=BOTH)
SETTINGS = settings(deadline=None, suppress_health_check=list(HealthCheck), max_examples=60)
NAMES = ("philosophers_ordered", "bounded_buffer", "two_phase_commit", "ticket_lock")
TEXTBOOK = [path for name in NAMES if (path := ROOT / "textbook" / f"{name}.py").exists()]


@pytest.mark.parametrize("path", TEXTBOOK, ids=lambda path: path.stem)
def test_a_search_finds_out_what_is_entered(path: Path) -> None:
    program = compile_file(path)
    assert PythonEngine().search(program, REDUCED).entered == entered_in(search(program))


@pytest.mark.skipif(find_compiler() is None, reason="no C compiler")
@pytest.mark.slow
@pytest.mark.parametrize("model", ["fork_before_rmap_item", "follow_page_hiatus"])
def test_engines_see_the_same(model: str) -> None:
    program = compile_model(model)
    results = [
        PythonEngine().search(program, REDUCED),
        *(native(workers).search(program, REDUCED) for workers in (1, 2)),
    ]
    assert results[0].stop_reason is StopReason.EXHAUSTED
    assert len({(r.states, r.transitions) for r in results}) == 1
    assert all(r.entered == results[0].entered for r in results)


@pytest.mark.skipif(find_compiler() is None, reason="no C compiler")
def test_engines_see_the_same_of_a_small_one() -> None:
    program = compile_file(ROOT / "textbook" / "bounded_buffer.py")
    results = [engine.search(program, REDUCED).entered for engine in (PythonEngine(), native(2))]
    assert results[0] == results[1] == entered_in(search(program))


@SETTINGS
@given(program=random_steps())
def test_wherever_it_begins(program: Program) -> None:
    """What the first search takes for granted is not what the last one depends on."""
    try:
        space = search(program, most=3000)
    except (UserError, TooManyStates):
        assume(False)
    whole = entered_in(space)
    for first in (Entered.nothing(whole.states), whole):
        result = PythonEngine().search(program, evolve(REDUCED, entered=first))
        assert_same_verdicts(program, space, result)
        assert result.entered is not None
        assert result.entered | whole == whole


def test_numbers_of_arms_are_those_of_the_text() -> None:
    program = compile_model("swapin_race")
    most = max(arms_of(step.block) for actor in program.actors for step in actor.steps)
    assert most > 2
    nothing, everything = Entered.nothing(local_states(program)), Entered.everything(program)
    assert nothing | nothing == nothing
    assert everything | everything == everything
    assert all(arms == EVERY for each in everything.arms for arms in each.values())


def test_what_nobody_enters_is_not_in_the_tables() -> None:
    program = compile_file(ROOT / "textbook" / "philosophers_ordered.py")
    everybody, start = (1 << len(program.actors)) - 1, (0,) * len(program.actors)
    nothing = stubborn(program, Entered.nothing(local_states(program)))
    assert nothing.choose(nothing.at(start), everybody, 0) == 1
    assert stubborn(program).choose(start, everybody, 0) == everybody


SYMMETRIC = (
    "checks/double_free",
    "checks/leak_fixed",
    "textbook/ticket_lock",
    "textbook/two_phase_commit",
)


@pytest.mark.parametrize("name", SYMMETRIC)
def test_what_renamings_do_to_arms(name: str) -> None:
    """In a renamed state are the renamed local states, and where it is said the same arms."""
    program = compile_file(ROOT / f"{name}.py")
    images = local_images(program, symmetries(program))
    assert images.permutations
    model, kept = PythonModel(program, states=images.states), 0
    maps = [StateMaps(program).of(permutation) for permutation in images.permutations]
    for state in list(search(program).levels)[:500]:
        mine = arms_in(model, state)
        for place, renamed in enumerate(maps):
            after = arms_in(model, renamed(state))
            for actor, (number, arms) in enumerate(mine):
                (image, state_after), keeps = list(images.of(actor, number))[place]
                assert after[image][0] == state_after
                kept += keeps
                if keeps:
                    assert after[image][1] == arms
    assert kept


def arms_in(model: PythonModel, state: tuple[int, ...]) -> list[tuple[int, int]]:
    """For each actor its local state in ``state``, and the arms that its step enters."""
    packed = model.layout.pack(state)
    assert model.marks is not None
    found: list[tuple[int, int]] = []
    for number, step in zip(model.local_states(packed), model.current(packed), strict=True):
        model.marks.scratch[0] = 0
        step.run(packed)
        found.append((number, model.marks.scratch[0]))
    return found


@pytest.mark.parametrize("name", SYMMETRIC)
def test_what_is_closed_under_renamings(name: str) -> None:
    program = compile_file(ROOT / f"{name}.py")
    images, entered = local_images(program, symmetries(program)), entered_in(search(program))
    closed = images.closed(evolve(entered, states=images.states))
    for actor, arms in enumerate(closed.arms):
        for number, mine in arms.items():
            for image, keeps in images.of(actor, number):
                assert closed.arms[image[0]][image[1]] == (mine if keeps else EVERY)


LATE = '''from typing import Annotated

from ksmcheck.lang import *


@struct
class Item:
    lock: SpinLock
    value: Annotated[int, Range(0, 1)]


i1 = instance(Item)
i2 = instance(Item)
which: Item | None
turns: Annotated[int, Range(0, 3)]


@actor
def Walker() -> None:
    global turns
    while turns < 3:
        item = which
        if item is None:
            return
        turns += 1
        with spin_lock(item.lock):
            item.value = 1
            item.value = 0


@actor
def Chooser() -> None:
    global which
    if turns == 2:
        which = i2


@actor
def Watcher() -> None:
    a = i2.value
    b = i1.value
    assert a + b == 0


@setup
def start() -> None:
    global which
    which = i1


@invariant(source="while nobody is inside")
def quiet() -> bool:
    """Nothing is set unless somebody is inside."""
    return locked(i2.lock) or i2.value == 0


@witness(quiet)
def second() -> bool:
    """The second one is worked on."""
    return i2.value == 1


scenario(question="?", kernel="", pools={Item: 2}, properties=[quiet])
'''


def test_a_value_that_comes_late_has_the_search_repeated(tmp_path: Path) -> None:
    """The walker comes to the second item at the end only; tables that do not know are not used."""
    path = tmp_path / "late.py"
    path.write_text(LATE, encoding="utf-8")
    program = compile_file(path)
    space = search(program)
    tables = Tables.for_search(program, None)
    taken: list[Entered] = []

    def once(given: SearchOptions) -> SearchResult:
        chosen = None
        if Reduction.POR in given.reductions:
            assert given.entered is not None
            taken.append(given.entered)
            chosen = tables
        model = PythonModel(program, states=tables.states)
        result = breadth_first(program, model, given, None, chosen)
        return evolve(result, entered=model.entered())

    given = evolve(REDUCED, reductions=frozenset({Reduction.POR}))
    result, _ = settled(tables, given, once, 4)
    assert_same_verdicts(program, space, result)
    assert len(taken) > 1
    assert result.entered == entered_in(space)
    known = [{state for each in item.arms for state in each} for item in taken]
    assert known[0] < known[-1]
