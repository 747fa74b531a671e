"""Every shipped model at every configuration that it lists: each reduction gives what none gives.

The searches go on after violations, so a configuration says all that there is to say of it: which
properties and checks are violated, deadlocks among them, which witnesses are reached, which steps
fire, in which orders locks are taken. Every counterexample is run again by the evaluator.

What has at most MOST_STATES is compared with each reduction; `-k larger` is what has more, and
`-k rungs` are the patch levels of `ksmcheck ladder`. Each takes long: `-k "larger and MODEL"`
runs a part, and docs/reductions.md says what was run.
"""

from __future__ import annotations

import time

import pytest

from ksmcheck.backends.native.build import program_digest
from ksmcheck.backends.native.compiler import find_compiler
from ksmcheck.explore.options import StopReason
from ksmcheck.frontend import CompileOptions, compile_model, model_names, summarise
from ksmcheck.frontend.errors import Errors
from ksmcheck.frontend.patches import applied
from ksmcheck.ir.program import Program
from ksmcheck.report.ladder import Ground, rungs
from tests.reductions.on_and_off import EACH, FEW, chosen, same_verdicts, searched

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(find_compiler() is None, reason="no C compiler"),
]

# Each configuration is searched up to six times, and with the tables of a stubborn set anew each
# time that takes long.
MOST_STATES = 300_000

# Of the larger ones, with fewer levels, and for a search with a reduction.
MOST_OF_LARGER = 3_000_000
SECONDS = 200.0

# After these no further level of a ladder is begun.
LADDER_SECONDS = 600.0

LISTED = [(name, n) for name in model_names() for n in range(len(summarise(name).expected))]


def listed(name: str, number: int) -> Program:
    return compile_model(name, CompileOptions.of(summarise(name).expected[number]))


@pytest.mark.parametrize(("name", "number"), LISTED)
def test_every_reduction_gives_the_verdict_of_none(name: str, number: int) -> None:
    program = listed(name, number)
    whole = searched(program, most=MOST_STATES)
    if whole.stop_reason is not StopReason.EXHAUSTED:
        # No whole space to compare with: test_larger_spaces has what is not much larger.
        pytest.skip(f"more than {MOST_STATES} states")
    for reductions in chosen(program, EACH):
        same_verdicts(program, whole, searched(program, reductions))


@pytest.mark.parametrize(("name", "number"), LISTED)
def test_larger_spaces(name: str, number: int) -> None:
    program = listed(name, number)
    whole = searched(program, most=MOST_OF_LARGER)
    if whole.stop_reason is not StopReason.EXHAUSTED:
        # No whole space to compare with within the memory and the time of one test.
        pytest.skip(f"more than {MOST_OF_LARGER} states")
    if whole.states <= MOST_STATES:
        # test_every_reduction_gives_the_verdict_of_none has it.
        pytest.skip("not larger")
    late = []
    for reductions in chosen(program, FEW):
        result = searched(program, reductions, seconds=SECONDS)
        if result.stop_reason is StopReason.TIME_LIMIT:
            late.append("+".join(sorted(item.value for item in reductions)))
        else:
            same_verdicts(program, whole, result)
    if late:
        # What ended agrees; that the rest was not compared must not look like a pass.
        pytest.skip(f"not in {SECONDS:.0f} s: {', '.join(late)}")


def ground(name: str) -> Ground:
    """What `ksmcheck ladder` climbs."""
    summary = summarise(name)

    def in_force(version: str) -> frozenset[str]:
        return applied(summary.patches, version, (), (), Errors())

    def compiled(patches: tuple[str, ...]) -> Program:
        return compile_model(name, CompileOptions("", with_=patches))

    return Ground(summary.name, summary.kernel, summary.patches, in_force, compiled)


def different(name: str) -> dict[str, Program]:
    """The programs of a ladder, each once, by the first level that has it."""
    here = ground(name)
    found: dict[bytes, tuple[str, Program]] = {}
    for rung in rungs(here, ()):
        program = here.compile(rung.patches)
        found.setdefault(program_digest(program), (rung.name, program))
    return dict(found.values())


@pytest.mark.parametrize("name", model_names())
def test_rungs_of_the_ladder(name: str) -> None:
    started = time.monotonic()
    late = []
    for level, program in different(name).items():
        if time.monotonic() - started > LADDER_SECONDS:
            late.append(level)
            continue
        whole = searched(program, most=MOST_STATES)
        if whole.stop_reason is StopReason.EXHAUSTED:
            for reductions in chosen(program, FEW):
                same_verdicts(program, whole, searched(program, reductions))
    if late:
        # What was compared agrees; that the rest was not must not look like a pass.
        pytest.skip(f"not in {LADDER_SECONDS:.0f} s: {', '.join(late)}")
