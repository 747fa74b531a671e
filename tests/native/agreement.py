"""The native engine against the python engine and the evaluator, on one program."""

from __future__ import annotations

from pathlib import Path

import pytest

from ksmcheck.backends.evaluator import Evaluator
from ksmcheck.diagnostics import UserError
from ksmcheck.explore.native_engine import NativeEngine
from ksmcheck.explore.options import SearchOptions, StopReason
from ksmcheck.explore.python_engine import PythonEngine
from ksmcheck.explore.result import FindingKind, SearchResult
from ksmcheck.ir.program import Program
from tests.backends.conformance import replays as replays

# What the differential tests need is a quick compiler, not quick code.
QUICK = ("-O0",)


def native(workers: int, cache: Path | None = None) -> NativeEngine:
    """The engine as the differential tests use it."""
    return NativeEngine(workers=workers, cache=cache, compiler_flags=QUICK)


def agree(
    program: Program,
    workers: tuple[int, ...] = (1, 2),
    cache: Path | None = None,
    most_states: int | None = None,
) -> SearchResult | None:
    """Compare engines on the whole space; None when it is bigger than ``most_states``."""
    everything = SearchOptions(all_violations=True, max_states=most_states)
    try:
        expected = PythonEngine().search(program, everything)
    except UserError as refused:
        _refused_alike(program, refused, cache)
        return None
    if expected.stop_reason is not StopReason.EXHAUSTED:
        return None
    for count in workers:
        got = native(count, cache).search(program, everything)
        same_result(expected, got)
        for finding in got.findings:
            replays(program, Evaluator(program, got.oracle), finding)
        _same_first(program, native(count, cache), expected)
    return expected


def same_result(expected: SearchResult, got: SearchResult) -> None:
    """Everything that does not depend on the engine is the same."""
    assert got.stop_reason is expected.stop_reason
    assert (got.states, got.transitions, got.depth) == (
        expected.states,
        expected.transitions,
        expected.depth,
    )
    assert got.witnessed == expected.witnessed
    assert got.fired == expected.fired
    assert got.edges == expected.edges
    assert kinds(got) == kinds(expected)


def kinds(result: SearchResult) -> set[tuple[FindingKind, int, int]]:
    """What was found and how deep. Which edge closes a cycle depends on the order of a level."""
    return {
        (item.kind, 0 if item.kind is FindingKind.LOCK_ORDER else item.index, item.depth)
        for item in result.findings
    }


def _same_first(program: Program, engine: NativeEngine, expected: SearchResult) -> None:
    first = engine.search(program, SearchOptions())
    if not expected.findings:
        same_result(expected, first)
        return
    assert first.stop_reason is StopReason.VIOLATION
    assert len(first.findings) == 1
    assert first.depth == min(item.depth for item in expected.findings)
    replays(program, Evaluator(program, first.oracle), first.findings[0])


def _refused_alike(program: Program, refused: UserError, cache: Path | None) -> None:
    with pytest.raises(UserError) as error:
        native(1, cache).search(program, SearchOptions())
    assert error.value.diagnostics == refused.diagnostics
