"""An oracle without symbols: contents are drawn from 0..n-1, functions are tables. No z3.

A second meaning of symbolic models, to which theirs is compared. A symbol's number is its value.
"""

from __future__ import annotations

from attrs import Factory, define

from ksmcheck.analysis.symbols import Answers, Effort, Symbols
from ksmcheck.ir.symbols import Apply, Compare, Fresh, Function, Question

Table = tuple[tuple[Function, int, int], ...]


@define(eq=False)
class Finite:
    """Values are 0 to ``values - 1``, and 0 is the fixed element of every domain.

    A condition is what the functions gave so far; a new argument may give any value. ``below``: the
    fixed element stands at this place of the order instead of the first.
    """

    symbols: Symbols
    values: int
    below: int = 0
    _tables: list[Table] = Factory(lambda: [()])
    _numbers: dict[Table, int] = Factory(lambda: {(): 0})

    @property
    def effort(self) -> Effort:
        return Effort(len(self._tables), 0, 0, 0.0, 0)

    def answers(self, condition: int, question: Question, operands: tuple[int, ...]) -> Answers:
        match question:
            case Fresh():
                return tuple((value, condition) for value in range(self.values))
            case Compare(domain):
                if not domain.kind.ordered:
                    return ((int(operands[0] != operands[1]), condition),)
                left, right = map(self.rank, operands)
                return (((left > right) - (left < right), condition),)
            case Apply(function):
                return self._applied(condition, function, operands[0])
            case _:
                raise AssertionError(question)

    def rank(self, value: int) -> float:
        """Where a value stands in the order."""
        return self.below + 0.5 if value == 0 else value

    def _applied(self, condition: int, function: Function, argument: int) -> Answers:
        table = self._tables[condition]
        for known, given, result in table:
            if (known, given) == (function, argument):
                return ((result, condition),)
        found = []
        for result in range(self.values):
            longer = tuple(sorted((*table, (function, argument, result)), key=repr))
            if longer not in self._numbers:
                self._numbers[longer] = len(self._tables)
                self._tables.append(longer)
            found.append((result, self._numbers[longer]))
        return tuple(found)

    def settle(self, condition: int, symbols: tuple[int, ...]) -> tuple[int, tuple[int, ...]]:
        return condition, symbols

    def settle_domain(
        self, condition: int, place: int, order: tuple[int, ...]
    ) -> tuple[int, tuple[int, ...]]:
        return condition, order

    def content(self, condition: int) -> tuple[int, ...]:
        return (condition,)
