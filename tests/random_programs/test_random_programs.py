"""Random programs: the compiled steps do what a direct interpreter of the source does.

Compared are the reachable contents of shared memory, the contents at the end of the run, whether
there is a deadlock, and which faults there are. Locals are each side's own business.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, assume, given, settings

from ksmcheck.ir.program import BuiltinCheck, Program
from tests.oracle.evaluator_search import Space, State, search
from tests.oracle.models import cells, compile_file
from tests.random_programs.programs import DECLARATIONS, SCENARIO, programs
from tests.random_programs.schedule import Memory, Reached, Scheduler, TooLarge, shown

LIMIT = 3000
SETTINGS = settings(
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)


def compile_text(folder: Path, text: str) -> Program:
    path = folder / "random_program.py"
    path.write_text(text, encoding="utf-8")
    return compile_file(path, disabled=[BuiltinCheck.LOCK_ORDER])


def readable(program: Program, states: set[State], names: tuple[str, ...]) -> set[tuple[str, ...]]:
    """The shared variables called ``names``, as the tool prints them."""
    return {
        tuple(
            "None" if cell == "free" else cell.removeprefix("held by ")
            for name in names
            for cell in cells(program, state, name)
        )
        for state in states
    }


def expected(memories: set[Memory], known: tuple[bool, ...]) -> set[tuple[str, ...]]:
    """The direct interpreter's memories, without the variables that the compiler folded away."""
    return {
        tuple(
            shown(cell)
            for variable, wanted in zip(memory, known, strict=True)
            if wanted
            for cell in variable
        )
        for memory in memories
    }


def compare(text: str, reached: Reached, names: tuple[str, ...], space: Space) -> None:
    """Both sides must agree; the text is shown when they do not."""
    kept = {variable.name for variable in space.program.variables}
    known = tuple(name in kept for name in names)
    shared = tuple(name for name in names if name in kept)
    faults = {name for name in space.bad if name != "KSM842"}
    assert faults == reached.faults, text
    assert ("KSM842" in space.bad) == reached.deadlock, text
    memories = readable(space.program, set(space.levels), shared)
    assert memories == expected(reached.memories, known), text
    finals = readable(space.program, space.finals, shared)
    assert finals == expected(reached.finals, known), text


def check(folder: Path, text: str) -> None:
    """Run ``text`` on both sides and compare."""
    scheduler = Scheduler(text)
    try:
        reached = scheduler.explore(LIMIT)
    except TooLarge:
        assume(False)
        return
    compare(text, reached, scheduler.names, search(compile_text(folder, text)))


@settings(SETTINGS, max_examples=60)
@given(text=programs())
def test_random_programs(tmp_path_factory: pytest.TempPathFactory, text: str) -> None:
    check(tmp_path_factory.mktemp("random"), text)


@pytest.mark.slow
@settings(SETTINGS, max_examples=1500)
@given(text=programs())
def test_many_random_programs(tmp_path_factory: pytest.TempPathFactory, text: str) -> None:
    check(tmp_path_factory.mktemp("random"), text)


def two_actors(first: str, second: str) -> str:
    """A program with one actor for each body (lines separated by semicolons)."""
    parts = [DECLARATIONS]
    for name, body in (("A", first), ("B", second)):
        lines = ["    " + line for line in body.split("; ")]
        parts.append(
            "\n".join([f"@actor\ndef {name}() -> None:", "    global x, y", *lines]) + "\n"
        )
    return "\n\n".join([*parts, SCENARIO])


def finals_of(text: str, name: str) -> set[tuple[object, ...]]:
    """The final contents of variable ``name`` according to the direct interpreter."""
    scheduler = Scheduler(text)
    place = scheduler.names.index(name)
    return {memory[place] for memory in scheduler.explore(LIMIT).finals}


def test_direct_interpreter_loses_an_update() -> None:
    text = two_actors("x += 1", "x += 1")
    assert finals_of(text, "x") == {(1,), (2,)}


def test_direct_interpreter_store_buffering_is_sequentially_consistent() -> None:
    text = two_actors("x = 1; a = y; cells[0] = a", "y = 0; b = x; cells[1] = b")
    assert finals_of(text, "cells") == {(0, 0), (0, 1), (1, 1)}


def test_direct_interpreter_finds_deadlock_and_faults() -> None:
    nested = "mutex_lock({0}); mutex_lock({1}); mutex_unlock({1}); mutex_unlock({0})"
    text = two_actors(nested.format("lock", "gate"), nested.format("gate", "lock"))
    reached = Scheduler(text).explore(LIMIT)
    assert reached.deadlock
    assert reached.faults == set()
    text = two_actors("x = 2; x = x + 2", "assert x != 2")
    assert Scheduler(text).explore(LIMIT).faults == {"KSM804", "KSM881"}


def test_direct_interpreter_atomic_block_is_one_step() -> None:
    text = two_actors('with atomic("both"):;     x = 1;     y = 2', "pass")
    scheduler = Scheduler(text)
    x, y = scheduler.names.index("x"), scheduler.names.index("y")
    memories = {(m[x][0], m[y][0]) for m in scheduler.explore(LIMIT).memories}
    assert memories == {(0, 1), (1, 2)}
