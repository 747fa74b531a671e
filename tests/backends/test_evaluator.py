"""What the evaluator promises by itself: order, labels, flags, and that it trusts nothing."""

from __future__ import annotations

import pytest

from ksmcheck.backends.evaluator import Evaluator
from ksmcheck.diagnostics import InternalError, UserError
from ksmcheck.ir.expr import Const, Expr, Op, Read, Temp
from ksmcheck.ir.program import Program
from ksmcheck.ir.step import Block, Branch, Check, Choose, Goto, Observe, Require
from tests.backends.building import binary, build, equal, go, put, shared


def one_step(*blocks: Block, setup: Block | None = None) -> Program:
    """One actor with these steps, over x in 0..3 and y[2] in -1..1."""
    variables = [shared("x", 3), shared("y", 1, (2,), lo=-1)]
    edges = [("a", "b"), ("b", "c")]
    return build(variables, [blocks], faults=2, edges=edges, setup=setup or Block((), Goto(0)))


def test_outcomes_come_in_the_order_of_the_tree() -> None:
    arms = (
        Block((Observe(0, equal(0, 0)),), Branch(equal(0, 1), go(0), go(1, put(0, 2)))),
        go(1, Require(Const(0))),
        go(1, Observe(1, Const(1)), put(0, 3), Check(Const(0), 1)),
        Block((put(1, -1, 1),), Choose(("inner",), (go(1),))),
    )
    program = one_step(Block((put(0, 0),), Choose(("a", "b", "c", "d"), arms)))
    evaluator = Evaluator(program)
    outcomes = evaluator.successors((1, 0, 0, 0))
    assert [(item.choices, item.state, item.fault, item.flags) for item in outcomes] == [
        (("a",), (2, 0, 0, 1), None, {0}),
        (("c",), None, 1, frozenset()),
        (("d", "inner"), (0, 0, -1, 1), None, frozenset()),
    ]
    assert {item.actor for item in outcomes} == {0}
    assert outcomes[0].step is program.actors[0].steps[0]
    assert evaluator.successors((2, 0, 0, 1)) == []


def test_initial_states_are_distinct_and_in_order() -> None:
    arms = tuple(go(7, put(0, n)) for n in (2, 1, 2, 0))
    evaluator = Evaluator(one_step(go(1), setup=Block((), Choose(("",) * 4, arms))))
    assert evaluator.initial() == [(2, 0, 0, 0), (1, 0, 0, 0), (0, 0, 0, 0)]


def test_setup_that_blocks_or_faults_is_the_users_error() -> None:
    with pytest.raises(UserError) as blocked:
        Evaluator(one_step(go(1), setup=go(0, Require(Const(0))))).initial()
    assert [item.code for item in blocked.value.diagnostics] == ["KSM411"]
    with pytest.raises(UserError) as faulted:
        Evaluator(one_step(go(1), setup=go(0, Check(Const(0), 1)))).initial()
    assert [item.code for item in faulted.value.diagnostics] == ["KSM881"]
    assert faulted.value.diagnostics[0].span is not None


@pytest.mark.parametrize(
    "block",
    [
        go(1, put(0, 4)),
        go(1, put(0, -1)),
        go(1, put(1, 0, 2)),
        go(1, put(1, 0, -1)),
        go(1, put(1, 0)),
        go(1, put(0, 0, 0)),
        go(1, put(0, Read(1, (Const(2),)))),
        go(1, put(0, Temp(0))),
        go(1, put(0, Read(0, old=True))),
        go(1, put(0, binary(Op.DIV, 1, 0))),
        go(1, put(0, binary(Op.MOD, 1, 0))),
        go(1, put(0, binary(Op.SHL, 1, -1))),
        go(2),
    ],
    ids=str,
)
def test_a_missing_check_of_the_compiler_is_an_internal_error(block: Block) -> None:
    with pytest.raises(InternalError):
        Evaluator(one_step(block)).successors((0, 0, 0, 0))


@pytest.mark.parametrize(
    "expr", [binary(Op.AND, 0, Temp(0)), binary(Op.OR, 2, Temp(0)), binary(Op.AND, 2, 3)]
)
def test_connectives_are_lazy_and_give_0_or_1(expr: Expr) -> None:
    assert Evaluator(one_step(go(1))).value(expr, (0, 0, 0, 0)) in (0, 1)


def test_old_values() -> None:
    evaluator = Evaluator(one_step(go(1)))
    where = Read(0, old=True)
    inner = binary(Op.ADD, binary(Op.MUL, Read(1, (where,), old=True), 10), Read(1, (Read(0),)))
    assert evaluator.value(inner, (0, -1, 0, 0), old=(1, 0, 1, 0)) == 9
