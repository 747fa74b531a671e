"""What stubborn sets find is shown by its shortest way, or the report says that it may not be."""

from __future__ import annotations

from attrs import evolve

from ksmcheck.explore.engines import EngineChoice, EngineName, Ran, run
from ksmcheck.explore.options import SearchOptions, StopReason
from ksmcheck.explore.reductions import Reduce, Reduction
from ksmcheck.explore.result import SearchResult
from ksmcheck.explore.shortest import shortest
from ksmcheck.frontend import CompileOptions, compile_model
from ksmcheck.ir.program import Program

POR = frozenset({Reduction.POR})
MERGING = frozenset({Reduction.POR, Reduction.MERGE})


def scenario() -> Program:
    """Stubborn sets leave its shortest counterexample out."""
    return compile_model("gup_vs_write_protect", CompileOptions(without=("clear-before-count",)))


def ran(program: Program, reductions: frozenset[Reduction], options: SearchOptions) -> Ran:
    choice = EngineChoice(name=EngineName.PYTHON, reduce=Reduce(reductions))
    return run(choice, program, options, None)


def test_the_shortest_way_is_found_with_every_reduction() -> None:
    program = scenario()
    plain = ran(program, frozenset(), SearchOptions())
    for reductions in (POR, MERGING):
        found = ran(program, reductions, SearchOptions())
        assert found.shortest
        assert found.result.states < plain.result.states
        assert found.result.depth == plain.result.depth
        (one,), (other,) = plain.result.findings, found.result.findings
        assert (one.kind, one.index, one.depth) == (other.kind, other.index, other.depth)


def test_each_violation_of_several_has_its_shortest_way() -> None:
    program = scenario()
    options = SearchOptions(all_violations=True)
    plain = {(f.kind, f.index): f.depth for f in ran(program, frozenset(), options).result.findings}
    found = ran(program, MERGING, options)
    assert found.shortest
    assert {(f.kind, f.index): f.depth for f in found.result.findings} == plain


def test_what_was_not_looked_at_to_the_end_may_have_a_shorter_way() -> None:
    program = scenario()
    longer = ran(program, POR, SearchOptions()).result
    options = SearchOptions(reductions=POR, time_limit=30.0)
    asked: list[SearchOptions] = []

    def gives_up(given: SearchOptions) -> SearchResult:
        asked.append(given)
        return evolve(longer, findings=(), stop_reason=StopReason.TIME_LIMIT)

    result, sure = shortest(longer, options, gives_up)
    assert not sure
    assert result.findings == longer.findings
    assert asked[0].reductions == frozenset()
    assert asked[0].max_depth == longer.findings[0].depth
    assert asked[0].time_limit is not None
    assert asked[0].time_limit <= 30.0


def test_an_interruption_is_passed_on() -> None:
    first = ran(scenario(), POR, SearchOptions()).result
    stopped = evolve(first, findings=(), stop_reason=StopReason.INTERRUPTED)
    result, sure = shortest(first, SearchOptions(reductions=POR), lambda _: stopped)
    assert result.stop_reason is StopReason.INTERRUPTED
    assert not sure
