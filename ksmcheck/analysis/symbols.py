"""What of a program is symbolic, and how a step that asks about symbols is run.

A question has several answers, and each is a way of its own through the step. The step is run once
for each: a Dialogue remembers the answers given so far, repeats them on the next run, and changes
the last one that can still be changed. Used by the evaluator and the python engine; the native
engine has the same in C.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

from attrs import Factory, define, frozen

from ksmcheck.analysis.always_free import AlwaysFree
from ksmcheck.analysis.footprint import (
    all_operations,
    asks,
    block_expressions,
    blocks,
    subexpressions,
)
from ksmcheck.diagnostics import InternalError
from ksmcheck.ir.expr import FALSE, Ask, Expr
from ksmcheck.ir.program import Program
from ksmcheck.ir.step import Block, Choose, Require
from ksmcheck.ir.symbols import (
    Apply,
    Domain,
    Function,
    Number,
    Question,
    Sum,
    domains_of,
)
from ksmcheck.ir.types import ConditionType, SymbolType

Answers = tuple[tuple[int, int], ...]


class Oracle(Protocol):
    """Knows what follows from a condition. Conditions are numbers that it gave; 0 knows nothing.

    Both methods raise Undecided when z3 does not know.
    """

    @property
    def effort(self) -> Effort:
        """What it has cost so far."""
        ...

    def answers(self, condition: int, question: Question, operands: tuple[int, ...]) -> Answers:
        """Every feasible (answer, condition that follows), answers ascending; never empty."""
        ...

    def settle(self, condition: int, symbols: tuple[int, ...]) -> tuple[int, tuple[int, ...]]:
        """The canonical condition and symbols of a state; ``symbols`` are its symbolic cells.

        UserError when more symbols live than the scenario allows.
        """
        ...

    def settle_domain(
        self, condition: int, place: int, order: tuple[int, ...]
    ) -> tuple[int, tuple[int, ...]]:
        """The same for domain number ``place`` alone, whose living symbols are ``order``.

        The condition that follows, and the new number of each. Settling all domains in turn is
        settling the state.
        """
        ...

    def content(self, condition: int) -> tuple[int, ...]:
        """What a condition says, as numbers that do not depend on the search.

        Of two conditions with the same symbols they are equal only when the conditions are.
        """
        ...


class Undecided(Exception):  # noqa: N818, a result rather than an error
    """The oracle has no answer; ``query`` is what z3 was asked, in SMT-LIB."""

    def __init__(self, reason: str, query: str) -> None:
        super().__init__(reason)
        self.reason = reason
        self.query = query


@frozen
class Effort:
    """What an oracle cost: ``conditions`` that states were in, ``queries`` and ``seconds`` of z3,
    ``pruned`` sides of comparisons that cannot happen, ``imprecise`` edges of the automaton on
    which something that is known could not be kept."""

    conditions: int
    queries: int
    pruned: int
    seconds: float
    imprecise: int


@frozen
class Symbols:
    """``cells`` are the positions of the symbolic cells of a flat state, ``domains[i]`` the domain
    of the i-th; ``condition`` is the position of the condition, -1 when nothing is symbolic.

    ``asked`` are all questions of the program; ``known`` all its domains.
    """

    cells: tuple[int, ...]
    domains: tuple[Domain, ...]
    condition: int
    asked: tuple[Question, ...]
    known: tuple[Domain, ...]

    @property
    def functions(self) -> tuple[Function, ...]:
        """The uninterpreted functions that are applied somewhere."""
        return tuple(dict.fromkeys(q.function for q in self.asked if isinstance(q, Apply)))

    def constants(self, domain: Domain) -> tuple[int, ...]:
        """The numbers other than 0 that the program names in ``domain``, ascending."""
        found = {q.value for q in self.asked if isinstance(q, Number) and q.domain == domain}
        return tuple(sorted(found - {0}))

    def adds(self, domain: Domain) -> bool:
        """True when the program computes in ``domain``."""
        return any(isinstance(q, Sum) and q.domain == domain for q in self.asked)


def symbols_of(program: Program) -> Symbols:
    """What of ``program`` is symbolic."""
    cells: list[int] = []
    domains: list[Domain] = []
    condition, position = -1, 0
    for variable in program.variables:
        if isinstance(variable.type, SymbolType):
            cells += range(position, position + variable.cells)
            domains += [variable.type.domain] * variable.cells
        elif isinstance(variable.type, ConditionType):
            condition = position
        position += variable.cells
    # Without a condition nothing asks; walking all expressions to see that takes a while.
    asked = () if condition < 0 else tuple(dict.fromkeys(_questions(program)))
    known = dict.fromkeys([*domains, *(d for question in asked for d in domains_of(question))])
    return Symbols(tuple(cells), tuple(domains), condition, asked, tuple(known))


def _questions(program: Program) -> Iterator[Question]:
    met: set[int] = set()  # most expressions occur many times, as one object
    for expression in _expressions(program):
        if id(expression) not in met:
            met.add(id(expression))
            for item in subexpressions(expression):
                if isinstance(item, Ask):
                    yield item.question


def _expressions(program: Program) -> Iterator[Expr]:
    roots = [program.setup, *(step.block for actor in program.actors for step in actor.steps)]
    for root in roots:
        yield from block_expressions(root)
    for item in program.properties:
        for instance in item.instances:
            yield instance.predicate
        if item.witness is not None:
            yield item.witness


def waits_after_asking(program: Program) -> bool:
    """May a step that asks about symbols be without an outcome for some of their values?

    What is required at the beginning of a step is required whatever symbols are.
    """
    asking = [
        step.block
        for actor in program.actors
        for step in actor.steps
        if any(map(asks, block_expressions(step.block)))
    ]
    conditions = {condition for block in asking for condition in _required_inside(block)}
    return not all(map(AlwaysFree(program), conditions))


def _required_inside(root: Block) -> Iterator[Expr]:
    for block in blocks(root):
        for operation in all_operations(block.operations):
            inside = block is not root or operation not in block.operations
            if isinstance(operation, Require) and inside:
                yield operation.condition
        if isinstance(block.end, Choose) and not block.end.arms:
            yield FALSE


@frozen
class Asked:
    """A question that was asked on the way, and the answer that this way took."""

    question: Question
    operands: tuple[int, ...]
    answer: int


@define
class Dialogue:
    """One way after the other through a step (or a predicate).

    ``condition`` is what is known at this point of the run, ``asked`` what was asked so far. Use:
    ``begin``, run, ``advance``, and as long as that is true ``repeat`` and run again.
    """

    oracle: Oracle | None
    condition: int = 0
    asked: list[Asked] = Factory(list)
    _start: int = 0
    _taken: int = 0
    _script: list[int] = Factory(list)
    _last: list[int] = Factory(list)

    def begin(self, condition: int) -> None:
        """The first run, from ``condition``."""
        self._start = condition
        self._script, self._last = [], []
        self.repeat()

    def repeat(self) -> None:
        """Another run from the same condition."""
        self.condition, self._taken, self.asked = self._start, 0, []

    def ask(self, question: Question, operands: tuple[int, ...]) -> int:
        """The answer of this run; what is known grows by it."""
        if self.oracle is None:
            raise InternalError("a question about symbols, and nobody who can answer it")
        answers = self.oracle.answers(self.condition, question, operands)
        number = self.choose(len(answers)) if len(answers) > 1 else 0
        answer, self.condition = answers[number]
        self.asked.append(Asked(question, operands, answer))
        return answer

    def choose(self, ways: int) -> int:
        """Which of ``ways`` this run takes."""
        if self._taken == len(self._script):
            self._script.append(0)
            self._last.append(ways - 1)
        self._taken += 1
        return self._script[self._taken - 1]

    def advance(self) -> bool:
        """Go over to the next way, if there is one."""
        while self._script and self._script[-1] == self._last[-1]:
            self._script.pop()
            self._last.pop()
        if not self._script:
            return False
        self._script[-1] += 1
        return True
