"""Counterexamples are shortened, and then get few context switches; they stay counterexamples."""

from __future__ import annotations

import tempfile
from itertools import pairwise
from pathlib import Path

import pytest
from attrs import evolve
from hypothesis import given, settings

from ksmcheck.backends.evaluator import Evaluator, State
from ksmcheck.backends.python.model import PythonModel
from ksmcheck.explore.reductions import Reduction
from ksmcheck.explore.result import Finding, FindingKind, SearchResult
from ksmcheck.explore.shortening import Shortener, shortened
from ksmcheck.frontend import CompileOptions, compile_model
from ksmcheck.ir.program import Program
from tests.explore.symmetric_checks import check_paths, search
from tests.random_programs.pools import SUITE, pool_programs

TESTS = Path(__file__).parent.parent
NONE: frozenset[Reduction] = frozenset()
POR = frozenset({Reduction.POR})
VIOLATED = [
    "double_free", "use_after_free", "deadlock", "lock_order", "lock_twice", "data_race", "leak",
    "assertion", "refcount_from_zero", "rcu_reuse", "finish_holding", "out_of_range_store",
]  # fmt: skip


def switches(program: Program, finding: Finding) -> int:
    """How often another actor goes on; the step that faults counts."""
    found = Shortener(program, PythonModel(program), finding)
    actors = found.actors + ([found.culprit] if finding.kind is FindingKind.FAULT else [])
    return sum(a != b for a, b in pairwise(actors))


def check(program: Program) -> None:
    plain = search(program, NONE)
    shortest = {(item.kind, item.index): item.depth for item in plain.findings}
    for reductions in (NONE, POR):
        result = search(program, reductions)
        after = shortened(program, result)
        check_paths(program, after)
        for old, new in zip(result.findings, after.findings, strict=True):
            assert (old.kind, old.index) == (new.kind, new.index)
            assert new.depth <= old.depth
            if new.depth == old.depth:
                assert switches(program, new) <= switches(program, old)
            assert shortest[new.kind, new.index] <= new.depth
            assert new.depth <= shortest[new.kind, new.index] + 2


@pytest.mark.parametrize("name", VIOLATED)
def test_checks(name: str) -> None:
    check(compile_model(str(TESTS / "checks" / f"{name}.py"), CompileOptions()))


def suite(examples: int) -> None:
    @settings(SUITE, max_examples=examples)
    @given(pool_programs(planted=True))
    def run(text: str) -> None:
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / "random_pools.py"
            file.write_text(text, encoding="utf-8")
            program = compile_model(str(file), CompileOptions())
        if search(program, NONE, most_states=2000).states < 2000:
            check(program)

    run()


def test_random_programs() -> None:
    suite(15)


@pytest.mark.slow
def test_many_random_programs() -> None:
    suite(300)


def test_a_detour_is_taken_out() -> None:
    """A step of an actor that nothing depends on, and needless switches, are left out."""
    program = compile_model(str(TESTS / "checks" / "double_free.py"), CompileOptions())
    result = search(program, NONE, everything=False)
    best = shortened(program, result).findings[0]
    evaluator = Evaluator(program)
    longest = max(_ways(evaluator, result, 8), key=lambda path: (len(path), path))
    assert len(longest) > len(best.path)
    detour = evolve(result, findings=(evolve(best, path=longest),))
    after = shortened(program, detour)
    assert after.findings[0].depth == best.depth
    assert switches(program, after.findings[0]) == switches(program, best)
    check_paths(program, after)


def _ways(evaluator: Evaluator, result: SearchResult, most: int) -> list[tuple[State, ...]]:
    """Every way of so many steps or fewer to the fault of the first finding."""
    fault, found = result.findings[0].index, list[tuple[State, ...]]()
    todo = [result.findings[0].path[:1]]
    while todo:
        path = todo.pop()
        outcomes = evaluator.successors(path[-1])
        if any(outcome.fault == fault for outcome in outcomes):
            found.append(path)
        if len(path) < most:
            todo += [(*path, o.state) for o in outcomes if o.state is not None]
    return found
