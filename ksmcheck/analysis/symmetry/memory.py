"""What a step has done so far, while it is run with unknown values."""

from __future__ import annotations

from attrs import Factory, define

from ksmcheck.analysis.symmetry.kinds import Sum
from ksmcheck.analysis.symmetry.terms import Term, Terms
from ksmcheck.ir.symbols import Fresh, Question


@define
class Memory:
    """Values of temps, stores to each variable in order, questions about symbols.

    A store is a term ("at", indices, then the value). NOTE(renamed-questions): an answer is a
    function of the values that symbols have, so it is a term like others, and a fresh unknown is
    one of its own. But in how many ways a step goes depends on the order of its questions.
    So ``asked`` has those that are not yet among the stops of the step, in order, each with what
    must be true for it to be asked: ``within`` and the guard of its operation. ``unknowns`` counts
    the fresh ones.
    """

    temps: dict[int, Sum] = Factory(dict)
    stores: dict[int, tuple[Term, ...]] = Factory(dict)
    asked: list[Term] = Factory(list)
    within: tuple[Term, ...] = ()
    unknowns: int = 0

    def fork(self) -> Memory:
        """The same, to be changed by itself."""
        return Memory(
            dict(self.temps), dict(self.stores), list(self.asked), self.within, self.unknowns
        )

    def ask(self, terms: Terms, question: Question, operands: tuple[Term, ...]) -> Term:
        """The answer to a question."""
        payload: tuple[object, ...] = (question,)
        if isinstance(question, Fresh):
            payload = (question, self.unknowns)
            self.unknowns += 1
        answer = terms.term("ask", operands, *payload)
        self.asked.append(terms.term("asked", (terms.term("and", self.within), answer)))
        return answer
