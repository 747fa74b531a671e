"""Every shipped scenario has the verdicts that its file declares, on both engines.

The python engine exhausts what it can within a test's patience; the native engine everything.
"""

from __future__ import annotations

import pytest

from ksmcheck.backends.native.compiler import find_compiler
from ksmcheck.explore.engines import EngineChoice, EngineName, Ran, run
from ksmcheck.explore.options import SearchOptions, StopReason
from ksmcheck.frontend import CompileOptions, compile_model, model_names, summarise
from ksmcheck.ir.program import Expectation, Program
from ksmcheck.report.findings import recorded
from ksmcheck.report.verdict import Report

# More states than this are left to the native engine: a minute and a gigabyte in Python.
PATIENCE = 5_000_000

CASES = [(model, expected) for model in model_names() for expected in summarise(model).expected]

needs_compiler = pytest.mark.skipif(find_compiler() is None, reason="needs a C compiler")


def shown(value: object) -> str:
    """How pytest calls a case."""
    if not isinstance(value, Expectation):
        return str(value)
    parameters = [f"{name}{number}" for name, number in value.parameters]
    taken = [f"-{name}" for name in (*value.without, *(check.value for check in value.disabled))]
    return "+".join([value.kernel, *value.patches, *parameters]) + "".join(taken)


def program_of(model: str, expected: Expectation) -> Program:
    """The scenario compiled in the configuration that is expected to give a verdict."""
    return compile_model(model, CompileOptions.of(expected))


def verdict(program: Program, ran: Ran) -> str:
    """The verdict, its counterexamples replayed on the evaluator."""
    traces = recorded(program, ran.result, None).counterexamples
    return Report(program, ran.result, traces, ran.engine, 0.0, ran.exact).verdict.value


@pytest.mark.slow
@needs_compiler
@pytest.mark.parametrize(("model", "expected"), CASES, ids=shown)
def test_declared_verdict(model: str, expected: Expectation) -> None:
    """Native with one and two workers, python where that is bearable: one verdict, one count."""
    program = program_of(model, expected)
    one, two = (
        run(EngineChoice(EngineName.NATIVE, workers=n), program, SearchOptions(), None)
        for n in (1, 2)
    )
    assert verdict(program, one) == expected.verdict
    assert verdict(program, two) == expected.verdict
    runs = [one, two]
    if one.result.states <= PATIENCE:
        runs.append(run(EngineChoice(EngineName.PYTHON), program, SearchOptions(), None))
        assert verdict(program, runs[-1]) == expected.verdict
    assert len({item.result.depth for item in runs}) == 1
    if one.result.stop_reason is StopReason.EXHAUSTED:
        assert len({(item.result.states, item.result.transitions) for item in runs}) == 1


@pytest.mark.parametrize(("model", "expected"), CASES, ids=shown)
def test_small_scenarios_have_their_verdict(model: str, expected: Expectation) -> None:
    """What the python engine decides within a second or so, in the fast suite too."""
    program = program_of(model, expected)
    ran = run(EngineChoice(EngineName.PYTHON), program, SearchOptions(max_states=60_000), None)
    if ran.result.stop_reason is not StopReason.STATE_LIMIT:
        assert verdict(program, ran) == expected.verdict


@pytest.mark.slow
def test_the_default_race_is_found_by_the_python_engine_within_its_budget() -> None:
    """Two minutes and 4 GiB, as limits of the run: reaching one would be no violation."""
    options = SearchOptions(time_limit=120, memory_limit=4 << 30)
    ran = run(EngineChoice(EngineName.PYTHON), compile_model("swapin_race"), options, None)
    assert ran.result.stop_reason is StopReason.VIOLATION
