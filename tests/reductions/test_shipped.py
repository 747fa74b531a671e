"""Every shipped model at every configuration that it lists: each reduction gives what none gives.

The searches go on after violations, so a configuration says all that there is to say of it: which
properties and checks are violated, deadlocks among them, which witnesses are reached, which steps
fire, in which orders locks are taken.
"""

from __future__ import annotations

import pytest

from ksmcheck.backends.native.compiler import find_compiler
from ksmcheck.explore.options import SearchOptions, StopReason
from ksmcheck.explore.reductions import Reduce, Reduction, decide
from ksmcheck.explore.result import SearchResult
from ksmcheck.frontend import CompileOptions, compile_model, model_names, summarise
from ksmcheck.ir.program import BuiltinCheck, Expectation, Program
from tests.native.agreement import native
from tests.oracle.engine import name_of

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(find_compiler() is None, reason="no C compiler"),
]

LEVELS = (
    ("por",),
    ("por", "merge"),
    ("symmetry",),
    ("heap",),
    ("por", "merge", "symmetry", "heap"),
)

# A whole space that is larger is not compared: each configuration is searched up to six times, and
# with the tables of a stubborn set anew each time that takes long.
MOST_STATES = 300_000


def shipped(name: str, expected: Expectation) -> Program:
    return compile_model(
        name,
        CompileOptions.of(expected),
    )


def searched(program: Program, reductions: frozenset[Reduction]) -> SearchResult:
    options = SearchOptions(
        reductions=reductions,
        all_violations=True,
        max_states=None if reductions else MOST_STATES,
        memory_limit=4 << 30,
    )
    return native(1).search(program, options)


@pytest.mark.parametrize(
    ("name", "number"),
    [(name, n) for name in model_names() for n in range(len(summarise(name).expected))],
)
def test_every_reduction_gives_the_verdict_of_none(name: str, number: int) -> None:
    program = shipped(name, summarise(name).expected[number])
    whole = searched(program, frozenset())
    if whole.stop_reason is not StopReason.EXHAUSTED:
        pytest.skip(f"more than {MOST_STATES} states")
    done: set[frozenset[Reduction]] = {frozenset()}
    for names in LEVELS:
        chosen = decide(Reduce(frozenset(map(Reduction, names))), program)
        if chosen not in done:
            done.add(chosen)
            same_verdicts(program, whole, searched(program, chosen))


def same_verdicts(program: Program, whole: SearchResult, result: SearchResult) -> None:
    assert result.stop_reason is StopReason.EXHAUSTED
    assert found(program, result) == found(program, whole)
    assert result.witnessed == whole.witnessed
    assert result.fired == whole.fired
    if BuiltinCheck.LOCK_ORDER not in program.disabled:
        assert result.edges == whole.edges


def found(program: Program, result: SearchResult) -> set[str]:
    """The names of the properties and the codes of the checks that are violated."""
    return {name_of(program, finding) for finding in result.findings}
