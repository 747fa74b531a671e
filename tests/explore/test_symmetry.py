"""Symmetries: what is proved to be interchangeable is, and nothing is lost by using it."""

from __future__ import annotations

from pathlib import Path

import pytest

from ksmcheck.analysis.symmetry.automorphisms import symmetries
from ksmcheck.frontend import CompileOptions, compile_model
from ksmcheck.ir.program import Program
from tests.explore.symmetric_checks import BOTH, check_definition, check_search, search

TESTS = Path(__file__).parent.parent
SMALL = sorted([*(TESTS / "textbook").glob("[!_]*.py"), *(TESTS / "checks").glob("[!t_]*.py")])
# Too many states for a search state by state in Python.
LARGE = {"filter_lock"}


def compiled(model: str | Path, **parameters: int) -> Program:
    return compile_model(str(model), CompileOptions(parameters=tuple(parameters.items())))


@pytest.mark.parametrize("path", [p for p in SMALL if p.stem not in LARGE], ids=lambda p: p.stem)
def test_small_models(path: Path) -> None:
    program = compiled(path)
    check_definition(program, 400)
    check_search(program)


@pytest.mark.parametrize(
    ("model", "states", "orbits"),
    [("ticket_lock", 375, 74), ("two_phase_commit", 288, 80), ("broken_mutex", 18, 11)],
)
def test_orbits_of_textbook_models(model: str, states: int, orbits: int) -> None:
    program = compiled(TESTS / "textbook" / f"{model}.py")
    assert search(program, frozenset()).states == states
    assert search(program, BOTH).states == orbits


SHIPPED = [
    ("swapin_race", {"swap_slots": 3, "pages": 3}, {"Page": [3], "SwapSlot": [3]}),
    ("swap_skip_cache_aba", {"pages": 3}, {"Page": [3]}),
    ("ksm_world", {}, {"AnonVma": [2], "MmSlot": [3], "Page": [3]}),
]


@pytest.mark.parametrize(("model", "parameters", "sizes"), SHIPPED)
def test_shipped_models(
    model: str, parameters: dict[str, int], sizes: dict[str, list[int]]
) -> None:
    program = compiled(model, **parameters)
    found: dict[str, list[int]] = {}
    for group in symmetries(program).classes:
        found.setdefault(group[0][0], []).append(len(group))
    assert found == sizes
    check_definition(program, 150)


def test_what_breaks_symmetry(tmp_path: Path) -> None:
    """An order, a name, or a first hit each keep the objects of a pool apart."""
    head = """
from typing import Annotated
from ksmcheck.lang import *

@struct
class Thing:
    busy: bool
    count: Annotated[int, Range(0, 3)]

last: Thing | None
seen: Annotated[int, Range(0, 3)]
"""
    tail = '\nscenario(question="?", kernel="", pools={Thing: 2}, properties=[])\n'
    bodies = {
        "    global last\n    last = choose(pool(Thing))\n    last.busy = True": 1,
        "    global last\n    for thing in pool(Thing):\n        if not thing.busy:\n"
        "            last = thing\n            break\n"
        "    chosen = choose(pool(Thing))\n    chosen.busy = True": 0,
        "    with atomic('a test'):\n        found = False\n        for thing in pool(Thing):\n"
        "            if thing.busy:\n                found = True\n"
        "        wait_until(not found)\n        chosen = choose(pool(Thing))\n"
        "        chosen.busy = True": 1,
        # Which of several checks of one code fails is not told; of two codes the first one is.
        "    with atomic('a test'):\n        for thing in pool(Thing):\n"
        "            thing.busy = True\n    free(choose(pool(Thing)))": 1,
        "    with atomic('a test'):\n        for thing in pool(Thing):\n"
        "            thing.count += 1\n    free(choose(pool(Thing)))": 0,
    }
    for number, (body, classes) in enumerate(bodies.items()):
        file = tmp_path / f"model{number}.py"
        file.write_text(f"{head}\n@actor\ndef A() -> None:\n{body}\n{tail}", encoding="utf-8")
        program = compiled(file)
        assert len(symmetries(program).classes) == classes, body
        check_definition(program, 100)
    file = tmp_path / "named.py"
    body = "    global last\n    last = special\n    last.busy = True"
    file.write_text(
        f"{head}\nspecial = instance(Thing)\n@actor\ndef A() -> None:\n{body}\n{tail}",
        encoding="utf-8",
    )
    things = [thing for group in symmetries(compiled(file)).classes for thing in group]
    assert ("Thing", 0) not in things
