"""Spin, which nobody here wrote, visits as many states of an exported model and agrees on it."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from attrs import frozen

from ksmcheck.backends.native.compiler import find_compiler
from ksmcheck.backends.promela import steps
from ksmcheck.backends.promela.export import export, initial_states
from ksmcheck.explore.native_engine import NativeEngine
from ksmcheck.explore.options import SearchOptions
from ksmcheck.explore.result import FindingKind, SearchResult
from ksmcheck.frontend import CompileOptions, compile_model
from ksmcheck.ir.program import Program
from tests.backends import programs
from tests.native.systems import counters

pytestmark = [
    pytest.mark.skipif(shutil.which("spin") is None, reason="spin is not installed"),
    pytest.mark.skipif(find_compiler() is None, reason="no C compiler"),
]

ROOT = Path(__file__).parent.parent.parent

# A depth-first search needs a stack; Spin's hash table is given its logarithm.
PAN = ("-m1000000", "-w22", "-c0")

TEXTBOOK = (
    "bounded_buffer",
    "broken_mutex",
    "filter_lock",
    "peterson",
    "philosophers_deadlock",
    "philosophers_ordered",
    "ticket_lock",
    "two_phase_commit",
)

SMALLEST = (("swap_slots", 1), ("reclaim_passes", 1))
FIXED = ("swapin-recheck",)

SHIPPED = (
    ("hotremove_anon_vma_gone", CompileOptions()),
    ("stable_node_pins_page", CompileOptions()),
    ("swapin_after_unmergeable", CompileOptions()),
    ("swapoff_wrong_delete", CompileOptions()),
    ("swap_skip_cache_aba", CompileOptions()),
    ("swap_skip_cache_aba", CompileOptions(with_=("swap-skip-cache-prepare",))),
    ("swapin_race", CompileOptions(with_=FIXED, parameters=SMALLEST)),
)


FLAGS = '''"""One thread sets a flag, the other clears it."""

from ksmcheck.lang import *

up: bool


@step_property(source="test")
def stays_up() -> bool:
    """Nobody clears the flag."""
    return up or not old(up)


@witness(stays_up)
def it_is_up() -> bool:
    return up


@actor
def raiser() -> None:
    global up
    up = True


@actor
def dropper() -> None:
    global up
    up = False


scenario(
    question="Does it stay up?",
    kernel="",
    properties=[stays_up],
    expected=[Expect(verdict="violated", property="stays_up")],
)
'''


@frozen
class Spin:
    """What pan printed at its end."""

    states: int
    transitions: int
    errors: int


def run_spin(program: Program, folder: Path) -> Spin:
    """Spin's whole state space of ``program``; -O0 because gcc takes longer than pan."""
    (folder / "model.pml").write_text(export(program), encoding="utf-8")
    commands = (
        ("spin", "-a", "-o1", "-o2", "-o3", "model.pml"),
        ("gcc", "-O0", "-w", "-DSAFETY", "-DNOREDUCE", "-DNOFAIR", "-o", "pan", "pan.c"),
        ("./pan", *PAN),
    )
    text = ""
    for command in commands:
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
        text = done.stdout
        assert done.returncode == 0, text + done.stderr
    assert "max search depth too small" not in text
    return Spin(
        _number(r"([\d.e+]+) states, stored", text),
        _number(r"([\d.e+]+) transitions", text),
        _number(r"errors: (\d+)", text),
    )


def _number(pattern: str, text: str) -> int:
    found = re.search(pattern, text)
    assert found is not None, text
    return int(float(found[1]))


def agrees(program: Program, folder: Path) -> SearchResult:
    """Same verdict; and the same states, unless a fault makes an end of the comparison."""
    engine = NativeEngine(workers=1, cache=folder / "cache")
    ours = engine.search(program, SearchOptions(all_violations=True))
    theirs = run_spin(program, folder)
    # Lock-order cycles are facts about all runs together: Spin is not told of them.
    found = [item for item in ours.findings if item.kind is not FindingKind.LOCK_ORDER]
    assert (theirs.errors > 0) == bool(found)
    if not any(item.kind is FindingKind.FAULT for item in found):
        several = len(initial_states(program)) > 1
        assert theirs.states == ours.states + several
    return ours


@pytest.mark.parametrize("name", TEXTBOOK)
def test_textbook_models(tmp_path: Path, name: str) -> None:
    agrees(compile_model(str(ROOT / "tests" / "textbook" / f"{name}.py")), tmp_path)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "options"), SHIPPED, ids=lambda item: item if isinstance(item, str) else ""
)
def test_shipped_scenarios(tmp_path: Path, name: str, options: CompileOptions) -> None:
    agrees(compile_model(name, options), tmp_path)


def test_the_flag_before_a_step(tmp_path: Path) -> None:
    """A property of steps looks at copies that are no part of the state, bits among them."""
    model = tmp_path / "flags.py"
    model.write_text(FLAGS, encoding="utf-8")
    assert agrees(compile_model(str(model)), tmp_path).findings


@pytest.mark.parametrize("sequences", [False, True])
@pytest.mark.parametrize("make", programs.ALL, ids=lambda make: make.__name__)
def test_hand_built_programs(
    tmp_path: Path, make: Callable[[], Program], sequences: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both ways to write a step: a d_step for each outcome, or one atomic sequence."""
    if sequences:
        monkeypatch.setattr(steps, "LONGEST_GUARDS", -1)
    agrees(make(), tmp_path)


def test_transitions_are_the_same(tmp_path: Path) -> None:
    """Where no step faults, Spin counts them as we do, and one for the initial state."""
    ours = agrees(counters(3, 10), tmp_path)
    assert run_spin(counters(3, 10), tmp_path).transitions in (
        ours.transitions,
        ours.transitions + 1,
    )
