"""The automaton against brute force over small domains, and its projection against z3's."""

from __future__ import annotations

from itertools import product

import z3
from hypothesis import given, settings
from hypothesis import strategies as st

from ksmcheck.analysis.symbols import Symbols
from ksmcheck.ir.symbols import Apply, Compare, Domain, DomainKind, Fresh, Function, Number, Sum
from ksmcheck.symbolic.automaton import Automaton
from ksmcheck.symbolic.conditions import Relation, Symbol

CONTENT = Domain("Content", DomainKind.ORDER)
CHECKSUM = Domain("Checksum", DomainKind.EQUALITY)
OFFSET = Domain("Offset", DomainKind.INTEGER)
FLAG = Domain("Flag", DomainKind.BOOLEAN)
CHECK = Function("checksum", CONTENT, CHECKSUM)
COUNT = 3

# which two symbols are compared, and the how-many-th feasible answer is taken
COMPARISONS = st.lists(
    st.tuples(st.integers(0, COUNT), st.integers(0, COUNT), st.integers(0, 2)), max_size=5
)
KEPT = st.lists(st.integers(0, COUNT), min_size=1, max_size=4)


def automaton(domain: Domain, cells: int = 4) -> Automaton:
    asked = (Fresh(domain), Compare(domain))
    return Automaton(Symbols(tuple(range(cells)), (domain,) * cells, cells, asked, (domain,)))


def made(oracle: Automaton, domain: Domain, count: int = COUNT) -> int:
    """The condition under which there are ``count`` unknowns."""
    condition = 0
    for _ in range(count):
        ((_, condition),) = oracle.answers(condition, Fresh(domain), ())
    return condition


def sign(left: int, right: int, domain: Domain) -> int:
    return (left > right) - (left < right) if domain.kind.ordered else int(left != right)


def feasible(domain: Domain, decided: list[tuple[int, int, int]], a: int, b: int) -> list[int]:
    """What comparing a and b can give, by trying all values."""
    values = range(2) if domain.kind is DomainKind.BOOLEAN else range(COUNT + 1)
    zeros = [0] if domain.kind is DomainKind.BOOLEAN else list(values)
    found = {
        sign(world[a], world[b], domain)
        for world in product(zeros, *[values] * COUNT)
        if all(sign(world[x], world[y], domain) == answer for x, y, answer in decided)
    }
    return sorted(found)


@settings(max_examples=60, deadline=None)
@given(st.sampled_from([CONTENT, CHECKSUM, FLAG]), COMPARISONS)
def test_feasible_answers_are_those_of_brute_force(
    domain: Domain, comparisons: list[tuple[int, int, int]]
) -> None:
    oracle, decided = automaton(domain), list[tuple[int, int, int]]()
    condition = made(oracle, domain)
    for a, b, chosen in comparisons:
        answers = oracle.answers(condition, Compare(domain), (a, b))
        assert [answer for answer, _ in answers] == feasible(domain, decided, a, b)
        answer, condition = answers[chosen % len(answers)]
        decided.append((a, b, answer))


@settings(max_examples=40, deadline=None)
@given(COMPARISONS, st.lists(st.tuples(st.integers(0, 2), st.booleans()), max_size=2))
def test_functions_give_equals_for_equals(
    comparisons: list[tuple[int, int, int]], collisions: list[tuple[int, bool]]
) -> None:
    """Contents a, b and their checksums: what can still happen, against all tables."""
    asked = (Fresh(CONTENT), Compare(CONTENT), Compare(CHECKSUM), Apply(CHECK))
    oracle = Automaton(Symbols((0,), (CONTENT,), 1, asked, (CONTENT, CHECKSUM)))
    condition = made(oracle, CONTENT)
    sums = []
    for content in range(1, COUNT + 1):
        ((symbol, condition),) = oracle.answers(condition, Apply(CHECK), (content,))
        sums.append(symbol)
    decided: list[tuple[Domain, int, int, int]] = []
    steps = [(CONTENT, a, b, chosen) for a, b, chosen in comparisons if a and b]
    steps += [(CHECKSUM, i + 1, (i + 1) % 3 + 1, int(same)) for i, same in collisions]
    for domain, a, b, chosen in steps:
        operands = (a, b) if domain is CONTENT else (sums[a - 1], sums[b - 1])
        answers = oracle.answers(condition, Compare(domain), operands)
        possible = set()
        for world in product(range(COUNT), repeat=COUNT):
            for table in product(range(COUNT), repeat=COUNT):
                value = {CONTENT: world, CHECKSUM: tuple(table[item] for item in world)}
                if all(sign(value[d][x - 1], value[d][y - 1], d) == s for d, x, y, s in decided):
                    possible.add(sign(value[domain][a - 1], value[domain][b - 1], domain))
        assert [answer for answer, _ in answers] == sorted(possible)
        answer, condition = answers[chosen % len(answers)]
        decided.append((domain, a, b, answer))


@settings(max_examples=40, deadline=None)
@given(COMPARISONS, KEPT)
def test_projection_is_that_of_quantifier_elimination(
    comparisons: list[tuple[int, int, int]], kept: list[int]
) -> None:
    """What is known of the living symbols is exactly what z3's elimination leaves."""
    oracle = automaton(CONTENT)
    condition = made(oracle, CONTENT)
    for a, b, chosen in comparisons:
        answers = oracle.answers(condition, Compare(CONTENT), (a, b))
        condition = answers[chosen % len(answers)][1]
    cells = tuple([*kept, 0, 0, 0, 0][:4])
    settled, numbers = oracle.settle(condition, cells)
    names = [z3.Real(f"x{number}") for number in range(COUNT + 1)]
    before = formula(oracle, condition, {number: names[number] for number in range(COUNT + 1)})
    living = {0: names[0]}
    for old, new in zip(cells, numbers, strict=True):
        living.setdefault(new, names[old])
    after = formula(oracle, settled, living)
    # what was merged is surely equal
    after = z3.And(
        after, *(names[old] == living[new] for old, new in zip(cells, numbers, strict=True))
    )
    dead = [name for number, name in enumerate(names) if number and number not in cells]
    eliminated = z3.Tactic("qe").apply(z3.Exists(dead, before)).as_expr() if dead else before
    solver = z3.Solver()
    solver.add(eliminated != after)
    assert solver.check() == z3.unsat


def formula(oracle: Automaton, condition: int, names: dict[int, z3.ArithRef]) -> z3.BoolRef:
    """What a condition says of its symbols."""
    facts = oracle.facts(condition)
    parts = []
    for _, left, right, relation in facts.known():
        assert isinstance(left, Symbol)
        assert isinstance(right, Symbol)
        a, b = names[left.number], names[right.number]
        sides = {Relation.LESS: a < b, Relation.EQUAL: a == b, Relation.GREATER: a > b}
        parts.append(z3.Or(*(fact for side, fact in sides.items() if relation & side)))
    return z3.And(z3.BoolVal(True), *parts)


OPERATIONS = st.lists(
    st.one_of(
        st.tuples(st.just("compare"), st.integers(0, 9), st.integers(0, 9), st.integers(0, 2)),
        st.tuples(st.just("add"), st.integers(0, 9), st.integers(0, 9), st.booleans()),
    ),
    max_size=5,
)


@settings(max_examples=25, deadline=None)
@given(OPERATIONS)
def test_integers_are_those_of_linear_arithmetic(
    operations: list[tuple[str, int, int, int | bool]],
) -> None:
    """Before anything is forgotten every answer is feasible, and no feasible one is missing."""
    asked = (Fresh(OFFSET), Compare(OFFSET), Sum(OFFSET), Number(OFFSET, 1))
    oracle = Automaton(Symbols((0,), (OFFSET,), 1, asked, (OFFSET,)))
    condition = made(oracle, OFFSET, 2)
    ((one, condition),) = oracle.answers(condition, Number(OFFSET, 1), ())
    terms = {0: z3.IntVal(0), 1: z3.Int("x"), 2: z3.Int("y"), one: z3.IntVal(1)}
    decided: list[z3.BoolRef] = []
    for kind, first, second, chosen in operations:
        a, b = (item % len(terms) for item in (first, second))
        if kind == "add":
            if len(terms) > 5:
                continue
            question = Sum(OFFSET, negative=bool(chosen))
            ((symbol, condition),) = oracle.answers(condition, question, (a, b))
            terms.setdefault(symbol, terms[a] - terms[b] if chosen else terms[a] + terms[b])
            continue
        answers = oracle.answers(condition, Compare(OFFSET), (a, b))
        sides = {-1: terms[a] < terms[b], 0: terms[a] == terms[b], 1: terms[a] > terms[b]}
        possible = []
        for answer, side in sides.items():
            solver = z3.Solver()
            if solver.check(*decided, side) == z3.sat:
                possible.append(answer)
        assert [answer for answer, _ in answers] == possible
        answer, condition = answers[chosen % len(answers)]
        decided.append(sides[answer])
