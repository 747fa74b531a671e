"""Answers the questions of a native search: from C to the oracle and back.

NOTE(asking). A worker that meets a question without an answer sets the state aside and goes on.
When a level has nothing else left, or 256 states are set aside, the workers pause; all that was
asked is answered in one go, each question once whoever asked it, and the states are taken again.
While workers run nothing is written to the table of answers, so they read it without a lock.
"""

from __future__ import annotations

import ctypes

from attrs import define, field

from ksmcheck.analysis.symbols import Oracle, Symbols, Undecided
from ksmcheck.backends.native.library import LESS, SETTLE, AnswersStructure, OracleFunction
from ksmcheck.ir.symbols import Apply, Compare, Fresh, Number, Question, Sum

BITS = 4
ANSWERED, UNANSWERED = 0, 1


@define(eq=False)
class NativeOracle:
    """``function`` is what C calls; ``failure`` is why the last call had no answer."""

    oracle: Oracle
    symbols: Symbols
    failure: Exception | None = None
    function: object = field(init=False)

    def __attrs_post_init__(self) -> None:
        self.function = OracleFunction(self._called)

    @property
    def refused(self) -> Exception | None:
        """The failure, unless it is that z3 does not know."""
        return None if isinstance(self.failure, Undecided) else self.failure

    @property
    def address(self) -> int | None:
        """For the options of a search; this object must outlive the search."""
        return ctypes.cast(self.function, ctypes.c_void_p).value  # type: ignore[arg-type]

    def _called(self, pointer: ctypes._Pointer[AnswersStructure]) -> int:
        asked = pointer.contents
        try:
            if asked.question == LESS:
                self._less(asked)
            elif asked.question >= SETTLE:
                self._settle(asked)
            else:
                self._answer(asked, self.symbols.asked[asked.question])
        except Exception as failure:  # C cannot pass it on: the engine raises it
            self.failure = failure
            return UNANSWERED
        return ANSWERED

    def _answer(self, asked: AnswersStructure, question: Question) -> None:
        operands = unpacked(asked.operands, operand_count(question))
        answers = self.oracle.answers(asked.condition, question, operands)
        asked.count = len(answers)
        for number, (answer, condition) in enumerate(answers):
            asked.answer[number], asked.next[number] = answer, condition

    def _less(self, asked: AnswersStructure) -> None:
        one, other = self.oracle.content(asked.condition), self.oracle.content(asked.operands)
        asked.count, asked.answer[0], asked.next[0] = 1, int(one < other), asked.condition

    def _settle(self, asked: AnswersStructure) -> None:
        order = unpacked(asked.operands, (asked.operands.bit_length() + BITS - 1) // BITS)
        place = asked.question - SETTLE
        condition, numbers = self.oracle.settle_domain(asked.condition, place, order)
        asked.count, asked.next[0] = 1, condition
        asked.numbers = sum(number << BITS * n for n, number in enumerate(numbers))


def operand_count(question: Question) -> int:
    """How many symbols a question is about."""
    match question:
        case Fresh() | Number():
            return 0
        case Apply():
            return 1
        case Compare() | Sum():
            return 2


def unpacked(packed: int, count: int) -> tuple[int, ...]:
    """The symbols in an operand, the first one lowest."""
    return tuple(packed >> BITS * n & (1 << BITS) - 1 for n in range(count))
