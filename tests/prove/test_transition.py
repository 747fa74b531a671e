"""The transition system over bits is the evaluator's: the same outcomes of each reachable state."""

from __future__ import annotations

from collections import Counter
from itertools import takewhile
from pathlib import Path

import pytest
import z3
from hypothesis import HealthCheck, assume, given, settings

from ksmcheck.backends.evaluator import Evaluator
from ksmcheck.diagnostics import UserError
from ksmcheck.frontend import compile_model
from ksmcheck.ir.expr import Binary, Const, Op, Read
from ksmcheck.ir.fold import apply
from ksmcheck.ir.program import Program
from ksmcheck.symbolic.proof import State
from ksmcheck.symbolic.transition import Transition, Way
from ksmcheck.symbolic.transition_bits import compute, constant
from tests.backends.random_programs import programs

ROOT = Path(__file__).parent.parent
FILES = sorted(
    path
    for folder in ("checks", "textbook")
    for path in (ROOT / folder).glob("*.py")
    if not path.stem.startswith("test_") and path.stem != "two_phase_commit"
)
STATES = 60


def at(transition: Transition, state: State) -> list[tuple[z3.BitVecRef, z3.BitVecRef]]:
    """The substitution that puts a state into formulas."""
    return [
        (cell.bits, z3.BitVecVal(value, cell.bits.size()))
        for cell, value in zip(transition.now, state, strict=True)
    ]


def outcomes(transition: Transition, state: State) -> Counter[tuple[int, State | int]]:
    """(actor, state after or code of the fault) of every way whose guard is true."""
    values = at(transition, state)
    found: Counter[tuple[int, State | int]] = Counter()

    def enabled(way: Way) -> bool:
        return bool(z3.is_true(z3.simplify(z3.substitute(way.guard, values))))

    for way in filter(enabled, transition.ways):
        after = list(state)
        for cell, bits in way.stores:
            after[cell] = z3.simplify(z3.substitute(bits, values)).as_signed_long()
        found[way.actor, tuple(after)] += 1
    for way in filter(enabled, transition.faults):
        assert way.fault is not None
        found[way.actor, way.fault] += 1
    return found


def compare(program: Program) -> None:
    """Both sides on the first reachable states."""
    transition, evaluator = Transition(program), Evaluator(program)
    states = list(dict.fromkeys(start.state for start in evaluator.starts()))
    done: list[State] = []
    for state in takewhile(lambda _: len(done) < STATES, states):
        done.append(state)
        wanted: Counter[tuple[int, State | int]] = Counter()
        for outcome in evaluator.successors(state):
            if outcome.state is not None and outcome.state not in states:
                states.append(outcome.state)
            result = outcome.state if outcome.fault is None else outcome.fault
            assert result is not None
            wanted[outcome.actor, result] += 1
        assert outcomes(transition, state) == wanted


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_the_small_models(path: Path) -> None:
    compare(compile_model(str(path)))


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(program=programs())
def test_random_programs(program: Program) -> None:
    try:
        Evaluator(program).initial()
    except UserError:
        assume(False)
    compare(program)


ARITHMETIC = (Op.ADD, Op.SUB, Op.MUL, Op.DIV, Op.MOD, Op.BITAND, Op.BITOR, Op.SHL, Op.SHR)
NUMBERS = (-5, -1, 0, 1, 2, 3, 7, 8)


@pytest.mark.parametrize("op", ARITHMETIC)
def test_arithmetic_is_that_of_the_language(op: Op) -> None:
    for left in NUMBERS:
        for right in NUMBERS:
            undefined = op in (Op.DIV, Op.MOD) and right == 0
            if undefined or (op in (Op.SHL, Op.SHR) and right < 0):
                continue
            result = compute(op, constant(left), constant(right))
            value = z3.simplify(result.bits).as_signed_long()
            assert value == apply(op, left, right), (left, op, right)
            assert result.low <= value <= result.high


def test_a_read_at_an_unknown_index_is_any_cell() -> None:
    program = compile_model(str(ROOT / "textbook" / "filter_lock.py"))
    transition = Transition(program)
    array = next(n for n, v in enumerate(program.variables) if v.dims and v.cells > 1)
    index = next(n for n, v in enumerate(program.variables) if not v.dims and v.type.lo == 0)
    reader = transition.reader(transition.now)
    truth = reader.truth(Binary(Op.EQ, Read(array, (Read(index),)), Const(1)))
    start = transition.offsets[array]
    solver = z3.Solver()
    for cell in range(start, start + program.variables[array].cells):
        solver.add(transition.now[cell].bits == 0)
    solver.add(truth)
    assert solver.check() == z3.unsat
