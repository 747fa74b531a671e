"""A search by the native engine with reductions beside the whole space."""

from __future__ import annotations

from attrs import evolve

from ksmcheck.analysis.stubborn import Aim
from ksmcheck.backends.evaluator import Evaluator
from ksmcheck.explore.options import SearchOptions, StopReason
from ksmcheck.explore.reductions import Reduce, Reduction, decide
from ksmcheck.explore.result import SearchResult
from ksmcheck.ir.program import BuiltinCheck, Program
from tests.native.agreement import native, replays
from tests.oracle.engine import name_of

POR = frozenset({Reduction.POR})
MERGE = POR | {Reduction.MERGE}
ALL = frozenset(Reduction)

# One by one, and all; a layer that comes to the enum comes here.
EACH = (POR, MERGE, *(frozenset({item}) for item in Reduction if item not in MERGE), ALL)

# As few as tell what goes wrong, for spaces in which a search takes long.
FEW = (POR, MERGE, ALL - MERGE, ALL)


def searched(
    program: Program,
    reductions: frozenset[Reduction] = frozenset(),
    most: int | None = None,
    seconds: float | None = None,
) -> SearchResult:
    """Everything that a search finds that goes on after violations."""
    options = SearchOptions(
        reductions=reductions,
        all_violations=True,
        max_states=most,
        time_limit=seconds,
        memory_limit=4 << 30,
    )
    result = native(1).search(program, options)
    open_ones = {n for n, item in enumerate(program.properties) if item.witness is not None}
    if Reduction.POR not in reductions or open_ones <= result.witnessed:
        return result
    # What a search for violations leaves out may be just what a witness needs.
    wanted = evolve(options, aim=Aim.WITNESSES, entered=result.entered)
    return evolve(result, witnessed=result.witnessed | native(1).search(program, wanted).witnessed)


def chosen(
    program: Program, levels: tuple[frozenset[Reduction], ...]
) -> list[frozenset[Reduction]]:
    """What runs of each level for this program, each once."""
    runs = dict.fromkeys(decide(Reduce(level), program) for level in levels)
    return [reductions for reductions in runs if reductions]


def same_verdicts(program: Program, whole: SearchResult, result: SearchResult) -> None:
    """The same violations, witnesses, lock orders and fired steps; and every finding is real."""
    assert result.stop_reason is StopReason.EXHAUSTED
    assert found(program, result) == found(program, whole)
    assert result.witnessed == whole.witnessed
    assert result.fired == whole.fired
    if BuiltinCheck.LOCK_ORDER not in program.disabled:
        assert result.edges == whole.edges
    for finding in result.findings:
        replays(program, Evaluator(program, result.oracle), finding)


def found(program: Program, result: SearchResult) -> set[str]:
    """The names of the properties and the codes of the checks that are violated."""
    return {name_of(program, finding) for finding in result.findings}
