"""Symbolic behaviours against concrete ones: same control states, same verdicts, same orders.

With as many values as a run makes unknowns (and one more for the fixed element, wherever it stands
in the order) every way in which the contents can compare exists among the concrete runs.
"""

from __future__ import annotations

from itertools import combinations
from pathlib import Path

import pytest

from ksmcheck.analysis.symbols import Symbols, symbols_of
from ksmcheck.backends.evaluator import Evaluator
from ksmcheck.backends.native.compiler import find_compiler
from ksmcheck.explore.native_engine import NativeEngine
from ksmcheck.explore.options import SearchOptions
from ksmcheck.explore.python_engine import PythonEngine
from ksmcheck.ir.symbols import DomainKind
from ksmcheck.symbolic.automaton import Automaton
from ksmcheck.symbolic.conditions import Facts, Relation, Symbol
from ksmcheck.trace.describe import Model
from ksmcheck.trace.record import record
from tests.oracle.evaluator_search import Space, State, search
from tests.symbolic.finite import Finite
from tests.symbolic.models import TEXTS, compiled

# unknowns that one run of the model makes
UNKNOWNS = {"sort": 3, "collision": 2, "tree": 3}

Pair = tuple[int, int, int]
Known = tuple[State, frozenset[Pair]]


def control(symbols: Symbols, state: State) -> State:
    hidden = {*symbols.cells, symbols.condition}
    return tuple(value for place, value in enumerate(state) if place not in hidden)


def concrete(name: str, folder: Path) -> list[tuple[Finite, Space]]:
    """The spaces with values 0 to n, the fixed element at each place of the order."""
    program, found = compiled(name, folder), []
    count = UNKNOWNS[name]
    for below in range(count + 1):
        finite = Finite(symbols_of(program), count + 1, below)
        found.append((finite, search(program, Evaluator(program, finite))))
    return found


def symbolic(name: str, folder: Path) -> tuple[Automaton, Space]:
    program = compiled(name, folder)
    oracle = Automaton(symbols_of(program))
    return oracle, search(program, Evaluator(program, oracle))


def pairs(symbols: Symbols) -> list[tuple[int, int]]:
    """The pairs of cells of one ordered domain."""
    return [
        (a, b)
        for a, b in combinations(range(len(symbols.cells)), 2)
        if symbols.domains[a] == symbols.domains[b] and symbols.domains[a].kind is DomainKind.ORDER
    ]


def compared(finite: Finite, symbols: Symbols, state: State) -> frozenset[Pair]:
    """How the cells of a concrete state compare."""
    ranks = [finite.rank(state[position]) for position in symbols.cells]
    return frozenset(
        (a, b, (ranks[a] > ranks[b]) - (ranks[a] < ranks[b])) for a, b in pairs(symbols)
    )


def allowed(facts: Facts, symbols: Symbols, state: State, known: frozenset[Pair]) -> bool:
    """May the cells of a symbolic state compare like this, pair by pair?"""
    side = {-1: Relation.LESS, 0: Relation.EQUAL, 1: Relation.GREATER}
    for a, b, sign in known:
        left, right = (Symbol(state[symbols.cells[place]]) for place in (a, b))
        if not facts.between(symbols.domains[a], left, right) & side[sign]:
            return False
    return True


@pytest.mark.parametrize("name", TEXTS)
def test_the_same_control_states(name: str, tmp_path: Path) -> None:
    _, space = symbolic(name, tmp_path)
    symbols = symbols_of(space.program)
    expected = {
        control(symbols, state) for _, other in concrete(name, tmp_path) for state in other.levels
    }
    assert {control(symbols, state) for state in space.levels} == expected


@pytest.mark.parametrize("name", TEXTS)
def test_the_same_verdicts_at_the_same_depth(name: str, tmp_path: Path) -> None:
    _, space = symbolic(name, tmp_path)
    expected: dict[str, int] = {}
    for _, other in concrete(name, tmp_path):
        for bad in other.bad.values():
            expected[bad.name] = min(bad.depth, expected.get(bad.name, bad.depth))
    assert {bad.name: bad.depth for bad in space.bad.values()} == expected


@pytest.mark.parametrize("name", TEXTS)
def test_exactly_the_same_orders(name: str, tmp_path: Path) -> None:
    """In each control state the cells compare in the same ways."""
    oracle, space = symbolic(name, tmp_path)
    symbols = symbols_of(space.program)
    reached: set[Known] = {
        (control(symbols, state), compared(finite, symbols, state))
        for finite, other in concrete(name, tmp_path)
        for state in other.levels
    }
    possible = {known for _, known in reached}
    found: set[Known] = set()
    for state in space.levels:
        facts = oracle.facts(state[symbols.condition])
        where = control(symbols, state)
        found |= {(where, known) for known in possible if allowed(facts, symbols, state, known)}
    assert reached == found


@pytest.mark.parametrize("name", TEXTS)
def test_the_python_engine_counts_the_same(name: str, tmp_path: Path) -> None:
    _, space = symbolic(name, tmp_path)
    got = PythonEngine().search(space.program, SearchOptions(all_violations=True))
    assert (got.states, got.transitions, got.depth) == (
        len(space.levels),
        space.transitions,
        space.depth,
    )
    assert {item.depth for item in got.findings} == {bad.depth for bad in space.bad.values()}


@pytest.mark.skipif(find_compiler() is None, reason="there is no C compiler")
@pytest.mark.parametrize("workers", [1, 2])
@pytest.mark.parametrize("name", TEXTS)
def test_the_native_engine_counts_the_same(name: str, workers: int, tmp_path: Path) -> None:
    _, space = symbolic(name, tmp_path)
    engine = NativeEngine(workers=workers, cache=tmp_path)
    got = engine.search(space.program, SearchOptions(all_violations=True))
    assert (got.states, got.transitions, got.depth) == (
        len(space.levels),
        space.transitions,
        space.depth,
    )
    assert {item.depth for item in got.findings} == {bad.depth for bad in space.bad.values()}
    model = Model.of(space.program, got.oracle)
    for finding in got.findings:
        assert len(record(model, finding).steps) == finding.depth
