"""Every class of the IR is handled by the evaluator and the python engine, and tested."""

from __future__ import annotations

import inspect
from types import ModuleType
from typing import get_args

import pytest

from ksmcheck.analysis.footprint import all_operations, blocks, expressions_of, subexpressions
from ksmcheck.backends import evaluator
from ksmcheck.backends.python import expressions, steps
from ksmcheck.ir.expr import Binary, Expr, Op
from ksmcheck.ir.program import Program
from ksmcheck.ir.step import Assign, Block, Branch, End, Operation
from tests.backends import programs

EXPRESSIONS = [kind.__name__ for kind in get_args(Expr)]
STEPS = [kind.__name__ for kind in (*get_args(Operation), *get_args(End))]


def cases(module: ModuleType, name: str) -> int:
    """How often the module's source matches on the class ``name``."""
    source = inspect.getsource(module)
    return source.count(f"case {name}(") + source.count(f"| {name}(")


@pytest.mark.parametrize("name", EXPRESSIONS + STEPS)
def test_the_evaluator_has_a_case(name: str) -> None:
    assert cases(evaluator, name)


@pytest.mark.parametrize("name", EXPRESSIONS)
def test_the_expression_compiler_has_a_case(name: str) -> None:
    assert cases(expressions, name)


@pytest.mark.parametrize("name", STEPS)
def test_the_step_compiler_has_a_case(name: str) -> None:
    assert cases(steps, name)


@pytest.mark.parametrize("op", Op)
def test_the_expression_compiler_knows_the_operator(op: Op) -> None:
    assert op in expressions.BINDING


def nodes(program: Program) -> set[str]:
    """The names of all classes and operators in the steps of ``program``."""
    found: set[str] = set()

    def look(expr: Expr) -> None:
        for item in subexpressions(expr):
            found.add(type(item).__name__)
            if isinstance(item, Binary):
                found.add(item.op.name)

    def walk(top: Block) -> None:
        for block in blocks(top):
            found.add(type(block.end).__name__)
            if isinstance(block.end, Branch):
                look(block.end.condition)
            for operation in all_operations(block.operations):
                found.add(type(operation).__name__)
                for expr in expressions_of(operation):
                    look(expr)
                if isinstance(operation, Assign):
                    assert len(operation.index) == len(program.variables[operation.variable].dims)

    for actor in program.actors:
        for step in actor.steps:
            walk(step.block)
    return found


def test_the_hand_built_programs_use_everything() -> None:
    used = set[str]().union(*(nodes(make()) for make in programs.ALL))
    used.add("Ask")  # tests/symbolic/ has the programs that ask
    assert used >= {*EXPRESSIONS, *STEPS, *(op.name for op in Op)}
