"""What is certain of a predicate is so in every state that fits what is known."""

from __future__ import annotations

import random
from collections.abc import Iterator
from itertools import islice, product
from pathlib import Path

import pytest

from ksmcheck.analysis.certain import Certain
from ksmcheck.analysis.conflicts import conflicts
from ksmcheck.analysis.implied import Implied
from ksmcheck.analysis.judging import Judges
from ksmcheck.analysis.limits import limits
from ksmcheck.analysis.making_nodes import Nodes
from ksmcheck.analysis.nodes import mask
from ksmcheck.analysis.summaries import summaries
from ksmcheck.analysis.visibility import goals
from ksmcheck.ir.expr import Const, Expr, Op, Read
from ksmcheck.ir.fold import binary
from ksmcheck.ir.program import Program, PropertyKind
from tests.oracle.evaluator_search import search
from tests.oracle.models import compile_file
from tests.reductions.test_stubborn_sets import SMALL


def every_cell(program: Program) -> Iterator[tuple[int, Expr]]:
    """Each cell, and what reads it in the state before."""
    for number, (variable, offset) in enumerate(
        zip(program.variables, program.offsets(), strict=True)
    ):
        for at, index in enumerate(product(*map(range, variable.dims))):
            yield offset + at, Read(number, tuple(map(Const, index)), old=True)


@pytest.mark.parametrize("path", SMALL, ids=lambda path: path.stem)
def test_ranges_hold_the_value(path: Path) -> None:
    program = compile_file(path)
    space, draw = search(program), random.Random(path.stem)
    nodes = Nodes(program)
    certain = Certain(nodes, limits(nodes, summaries(program)))
    implied = Implied(certain)
    wanted = goals(program)
    cells = list(every_cell(program))
    states = list(space.levels)
    for state in states:
        assert all(lo <= v <= hi for v, (lo, hi) in zip(state, certain.limits, strict=True))
    draw.shuffle(states)
    for state in islice(states, 100):
        share = draw.random()
        nexts = [o.state for o in space.evaluator.successors(state) if o.state is not None]
        after = draw.choice([state, *nexts])
        changed = frozenset(c for c, v in enumerate(state) if v != after[c])
        facts = {c: (v, v) for c, v in enumerate(after) if draw.random() < share}
        facts |= {~c: (state[c], state[c]) for c in changed if draw.random() < share}
        becomes = {
            cell: binary(Op.ADD, read, Const(after[cell] - state[other]))
            for cell in changed
            for other, read in [draw.choice(cells)]
            if draw.random() < share
        }
        conditions = tuple(
            binary(Op.EQ if draw.random() < 0.5 else Op.LE, read, Const(state[other]))
            for other, read in draw.sample(cells, min(2, len(cells)))
        )
        known = certain.known(
            facts,
            mask(changed),
            {cell: nodes.of(value) for cell, value in becomes.items()},
            map(nodes.of, conditions),
        )
        for goal in wanted:
            value = space.evaluator.value(goal.predicate, after, state)
            lo, hi = certain.range(goal.predicate, known)
            assert lo <= value <= hi
            assert value or not implied.true(goal.predicate, known)
            if goal.kind is not PropertyKind.STEP:
                before = space.evaluator.value(goal.predicate, state)
                assert not before or value or not implied.stays(goal.predicate, True, known)
                assert before or not value or not implied.stays(goal.predicate, False, known)


def steps_that_break(program: Program, name: str) -> set[str]:
    """What the model's lines are that may break the property of this name."""
    wanted = goals(program)
    mine = sum(
        1 << number
        for number, goal in enumerate(wanted)
        if program.properties[goal.property].name == name and not goal.witness
    )
    summary = summaries(program)
    seen = Judges(program).of(summary).seen(summary, conflicts(program, summary).holds)
    return {
        actor.steps[at.location].text
        for actor, points, each in zip(program.actors, summary, seen, strict=True)
        for at, item in zip(points, each, strict=True)
        if item.breaks & mine
    }


LOCKED = '''from typing import Annotated

from ksmcheck.lang import *

lock: SpinLock
x: Annotated[int, Range(0, 1)]
y: Annotated[int, Range(0, 1)]


@actor(count=2)
def A(me: Annotated[int, Range(0, 1)]) -> None:
    global x, y
    with spin_lock(lock):
        x = 1
        y = 1


@invariant(source="while nobody is inside")
def same() -> bool:
    """They are changed together."""
    return locked(lock) or x == y


@witness(same)
def changed() -> bool:
    """They are changed."""
    return x == 1


scenario(question="?", kernel="", properties=[same])
'''


def test_what_a_lock_hides_is_broken_by_its_release_alone(tmp_path: Path) -> None:
    path = tmp_path / "hidden.py"
    path.write_text(LOCKED, encoding="utf-8")
    texts = steps_that_break(compile_file(path), "same")
    assert texts == {"spin_unlock(lock)"}


SETUP = """from typing import Annotated

from ksmcheck.lang import *

x: Annotated[int, Range(0, 3)]
y: Annotated[int, Range(0, 3)]
z: Annotated[int, Range(0, 3)]


@setup
def begin() -> None:
    global x, y, z
    x = 1
    y = choose(x, 2)
    if y == 2:
        z = 3


@actor
def A() -> None:
    global x
    if y == z:
        x = 2


scenario(question="?", kernel="")
"""


def test_limits_begin_with_what_setup_leaves(tmp_path: Path) -> None:
    path = tmp_path / "begins.py"
    path.write_text(SETUP, encoding="utf-8")
    program = compile_file(path)
    found = limits(Nodes(program), summaries(program))
    offsets, names = program.offsets(), [variable.name for variable in program.variables]
    assert [found[offsets[names.index(name)]] for name in "xyz"] == [(1, 2), (1, 2), (0, 3)]
