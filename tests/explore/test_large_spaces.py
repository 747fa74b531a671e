"""Without a word about reductions they are made where a space is too large to go without."""

from __future__ import annotations

import pytest
from attrs import evolve

from ksmcheck.explore.engines import LITTLE, EngineChoice, EngineName, Ran, run, too_large
from ksmcheck.explore.options import SearchOptions, StopReason
from ksmcheck.explore.reductions import DEFAULT, Reduce, Reduction
from ksmcheck.frontend import CompileOptions, compile_model
from ksmcheck.ir.program import Program

EVERYTHING = frozenset(Reduction)
ENGINES = (EngineName.PYTHON, EngineName.NATIVE)


@pytest.fixture(scope="module")
def scenario() -> Program:
    """It holds in 279 states; all reductions leave 24."""
    return compile_model("stable_node_pins_page", CompileOptions())


def ran(
    program: Program, engine: EngineName, larger: int | None, options: SearchOptions | None = None
) -> Ran:
    choice = EngineChoice(engine, workers=1, reduce=Reduce(EVERYTHING, if_larger=larger))
    return run(choice, program, options or SearchOptions(), None)


@pytest.mark.parametrize("engine", ENGINES)
def test_a_space_that_fits_is_searched_whole(scenario: Program, engine: EngineName) -> None:
    whole = run(EngineChoice(engine), scenario, SearchOptions(), None)
    found = ran(scenario, engine, whole.result.states)
    assert found.reductions == frozenset()
    assert found.given_up == 0
    assert (found.result.states, found.result.transitions, found.result.depth) == (
        whole.result.states,
        whole.result.transitions,
        whole.result.depth,
    )


@pytest.mark.parametrize("engine", ENGINES)
def test_a_larger_one_is_reduced(scenario: Program, engine: EngineName) -> None:
    whole = run(EngineChoice(engine), scenario, SearchOptions(), None)
    reduced = ran(scenario, engine, None)
    found = ran(scenario, engine, whole.result.states - 1)
    assert found.result.stop_reason is StopReason.EXHAUSTED
    assert found.reductions == reduced.reductions != frozenset()
    assert found.given_up == whole.result.states - 1
    assert found.result.states == reduced.result.states < whole.result.states
    assert found.result.witnessed == whole.result.witnessed


@pytest.mark.parametrize(
    "options",
    [SearchOptions(max_depth=10), SearchOptions(preemptions=0), SearchOptions(max_states=50)],
)
def test_what_reductions_do_not_go_with_is_done_without(
    scenario: Program, options: SearchOptions
) -> None:
    found = ran(scenario, EngineName.NATIVE, 60, options)
    assert found.reductions == frozenset()
    assert found.given_up == 0


def test_a_limit_of_states_above_is_for_the_reduced_search(scenario: Program) -> None:
    found = ran(scenario, EngineName.NATIVE, 60, SearchOptions(max_states=70))
    assert found.reductions
    assert found.result.stop_reason is StopReason.EXHAUSTED
    assert found.result.states < 60
    assert found.given_up == 60


def test_the_default_is_all_where_it_is_large() -> None:
    assert DEFAULT.wanted == EVERYTHING
    assert not DEFAULT.required
    assert DEFAULT.if_larger is not None
    assert DEFAULT.if_larger > 10_000_000


def test_where_memory_ends_early_reductions_are_not_tried(scenario: Program) -> None:
    """Their tables need some, too."""
    result = ran(scenario, EngineName.NATIVE, None).result
    full = evolve(result, stop_reason=StopReason.MEMORY_LIMIT, states=100)
    assert too_large(full, 100 * LITTLE)
    assert not too_large(full, 100 * LITTLE + 1)
    assert not too_large(evolve(full, stop_reason=StopReason.TIME_LIMIT), 1)
