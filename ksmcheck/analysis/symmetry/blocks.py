"""What a step does as one term: run with unknown values, so that the order of its work is gone.

The term is a tree like the step's. At each node stand, in order, the checks, requirements and
questions about symbols; at each end the location it goes to, the stores and the flags. Temps are
replaced by their values.
"""

from __future__ import annotations

from typing import assert_never

from attrs import Factory, define

from ksmcheck.analysis.symmetry.expressions import Expressions
from ksmcheck.analysis.symmetry.memory import Memory
from ksmcheck.analysis.symmetry.terms import Term, Terms
from ksmcheck.ir.expr import Expr
from ksmcheck.ir.program import Program
from ksmcheck.ir.step import (
    Assign,
    Block,
    Branch,
    Check,
    Choose,
    Goto,
    Observe,
    Operation,
    Require,
    SetTemp,
    When,
)


@define
class Run:
    """One path so far: ``guard`` is the condition of the When that is being run."""

    memory: Memory
    guard: Term
    stops: list[Term] = Factory(list)
    flags: frozenset[Term] = frozenset()

    def fork(self) -> Run:
        return Run(self.memory.fork(), self.guard, [], self.flags)

    def note(self) -> None:
        """Put the questions that were asked among the stops."""
        self.stops += self.memory.asked
        self.memory.asked.clear()


@define
class Blocks:
    """Writes blocks as terms."""

    program: Program
    expressions: Expressions

    @property
    def terms(self) -> Terms:
        return self.expressions.terms

    def block(self, block: Block) -> Term:
        """The term of a step. Asymmetric when it tells objects apart."""
        return self._block(block, Run(Memory(), self.terms.number(1)))

    def _block(self, block: Block, run: Run) -> Term:
        for operation in block.operations:
            self._operation(operation, run)
        run.note()
        stops = self.terms.term("stops", tuple(run.stops))
        return self.terms.term("block", (stops, self._end(block, run)))

    def _end(self, block: Block, run: Run) -> Term:
        match block.end:
            case Goto(location):
                stores = [
                    self.terms.term(
                        "stores",
                        (self.expressions.variable(number), self.terms.term("chain", chain)),
                    )
                    for number, chain in run.memory.stores.items()
                ]
                return self.terms.term("all", (*stores, *run.flags), location)
            case Branch(condition, then, orelse):
                test = self.expressions.truth(condition, run.memory)
                for value, arm in ((1, then), (0, orelse)):
                    if self.terms.is_number(test, value):  # the other is never taken
                        return self._block(arm, run.fork())
                arms = (self._block(then, run.fork()), self._block(orelse, run.fork()))
                return self.terms.term("branch", (test, *arms))
            case Choose(_, arms):
                found = {self._block(arm, run.fork()) for arm in arms}
                return self.terms.term("choose", tuple(found))
            case _:
                assert_never(block.end)

    def _operation(self, operation: Operation, run: Run) -> None:
        match operation:
            case Assign():
                self._assign(operation, run)
            case SetTemp(number, value):
                new = self.expressions.value(value, run.memory)
                old = run.memory.temps.get(number)
                kept = new if old is None else self.expressions.chosen(run.guard, new, old)
                run.memory.temps[number] = kept
            case Check(condition, fault):
                found = self.program.faults[fault]
                self._stop("check", condition, run, found.check.value, found.code)
            case Require(condition):
                self._stop("require", condition, run)
            case Observe(flag, condition):
                test = self.expressions.truth(condition, run.memory)
                seen = self.terms.term("and", (run.guard, test))
                run.flags |= {self.terms.term("observe", (seen,), flag)}
            case When(condition, then, orelse):
                self._when(self.expressions.truth(condition, run.memory), then, orelse, run)
            case _:
                assert_never(operation)

    def _stop(self, tag: str, condition: Expr, run: Run, *payload: str) -> None:
        test = self.expressions.truth(condition, run.memory)
        run.note()
        test = self.terms.term("or", (self.terms.negation(run.guard), test))
        if self.terms.is_number(test, 1):
            return
        if run.stops:
            last = self.terms.nodes[run.stops[-1]]
            if (last.tag, last.payload) == (tag, payload):  # which of the two fails is all the same
                test = self.terms.term("and", (last.children[0], test))
                run.stops.pop()
        run.stops.append(self.terms.term(tag, (test,), *payload))

    def _when(
        self,
        test: Term,
        then: tuple[Operation, ...],
        orelse: tuple[Operation, ...],
        run: Run,
    ) -> None:
        outer, within = run.guard, run.memory.within
        for guard, operations in ((test, then), (self.terms.negation(test), orelse)):
            run.guard = self.terms.term("and", (outer, guard))
            run.memory.within = (*within, guard)
            if not self.terms.is_number(run.guard, 0):
                for operation in operations:
                    self._operation(operation, run)
        run.guard, run.memory.within = outer, within

    def _assign(self, operation: Assign, run: Run) -> None:
        declared = self.program.variables[operation.variable]
        kind, memory = self.expressions.kind(declared), run.memory
        index = self.expressions.place(operation.variable, operation.index, memory)
        value = self.expressions.value(operation.value, memory)
        term = self.expressions.names.coerced(value, kind)
        if not self.terms.is_number(run.guard, 1):
            before = self.expressions.stored(operation.variable, index, memory)
            term = self.terms.choice(run.guard, term, before)
        kept = memory.stores.get(operation.variable, ())
        store = self.terms.term("at", (*index, term))
        others = [s for s in kept if self.terms.nodes[s].children[:-1] != index]
        memory.stores[operation.variable] = (*others, store)
