"""Cycles in the order of locks."""

from __future__ import annotations

import pytest

from ksmcheck.backends.python.model import PythonModel
from ksmcheck.explore.breadth_first import breadth_first
from ksmcheck.explore.lock_order import LockOrder
from ksmcheck.explore.options import SearchOptions, StopReason
from ksmcheck.explore.python_engine import PythonEngine
from ksmcheck.explore.result import FindingKind
from ksmcheck.ir.expr import Const
from ksmcheck.ir.program import BuiltinCheck, LockOrderEdge, Program
from ksmcheck.ir.step import Block, Check, Choose, Observe
from tests.backends.building import SPAN, build, go, put, shared


def order(*edges: str) -> LockOrder:
    """Edges written "ab": a, then b."""
    return LockOrder(tuple(LockOrderEdge(edge[0], edge[1], SPAN) for edge in edges))


@pytest.mark.parametrize(
    ("edges", "cycles"),
    [
        (["ab", "bc", "ac"], [(), (), ()]),
        (["ab", "ba"], [(), (1, 0)]),
        (["aa"], [(0,)]),
        (["ab", "bc", "cd", "da"], [(), (), (), (3, 0, 1, 2)]),
        (["ab", "bc", "cd", "ad", "da"], [(), (), (), (), (4, 3)]),
        (["ab", "ba", "ab", "ba"], [(), (1, 0), (), ()]),
        (["ab", "ba", "bc", "cb"], [(), (1, 0), (), (3, 2)]),
    ],
)
def test_a_cycle_is_given_once_by_the_edge_that_closes_it(
    edges: list[str], cycles: list[tuple[int, ...]]
) -> None:
    locks = order(*edges)
    assert [locks.add(flag) for flag in range(len(edges))] == cycles
    assert locks.seen == set(range(len(edges)))


def test_an_edge_counts_once() -> None:
    locks = order("aa")
    assert locks.add(0) == (0,)
    assert locks.add(0) == ()


def program(*disabled: BuiltinCheck) -> Program:
    """Flag 0 at once, flag 1 after two steps; flag 2 only on a path that faults."""
    arms = (go(3, Observe(1, Const(1))), go(3, Observe(2, Const(1)), Check(Const(0), 0)))
    blocks = [
        go(1, Observe(0, Const(1)), put(0, 1)),
        go(2, Observe(0, Const(1))),
        Block((), Choose(("1", "2"), arms)),
    ]
    edges = [("a", "b"), ("b", "a"), ("c", "c")]
    return build([shared("x")], [blocks], faults=1, edges=edges, disabled=disabled)


def test_the_path_ends_after_the_step_that_closes_the_cycle() -> None:
    result = PythonEngine().search(program(), SearchOptions(all_violations=True))
    (cycle,) = [item for item in result.findings if item.kind is FindingKind.LOCK_ORDER]
    assert (cycle.index, cycle.cycle, cycle.depth) == (1, (1, 0), 3)
    assert cycle.path[-1] == (1, 3)
    assert result.edges == {0, 1}


def test_the_check_can_be_switched_off() -> None:
    result = PythonEngine().search(
        program(BuiltinCheck.LOCK_ORDER), SearchOptions(all_violations=True)
    )
    assert [item.kind for item in result.findings] == [FindingKind.FAULT]
    assert result.edges == {0, 1}


def test_a_cycle_stops_the_search() -> None:
    loop = build([shared("x")], [[go(0, Observe(0, Const(1)))]], edges=[("a", "a")])
    result = breadth_first(loop, PythonModel(loop), SearchOptions())
    assert (result.stop_reason, result.depth) == (StopReason.VIOLATION, 1)
