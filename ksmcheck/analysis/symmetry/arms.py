"""Which steps a renaming maps to steps that enter arms of the same numbers.

A step is written as a term once more, with its arms in it: each Branch has their numbers, and each
side of a When stands among the checks, in order, with the condition under which it is entered. When
that term, renamed, is the term of the image's step, then whatever arms are entered in a state,
those of the same numbers are in the renamed state. A step that names objects in its arms one by
one, as in a choice among them, is not of this kind.
"""

from __future__ import annotations

from attrs import define, field

from ksmcheck.analysis.arms import arms_in, arms_of
from ksmcheck.analysis.symmetry.automorphisms import Permutation, names_of, renaming_of
from ksmcheck.analysis.symmetry.blocks import Blocks, Run
from ksmcheck.analysis.symmetry.expressions import Expressions
from ksmcheck.analysis.symmetry.kinds import ACTORS, Asymmetric
from ksmcheck.analysis.symmetry.terms import Term
from ksmcheck.ir.program import Program
from ksmcheck.ir.step import Block, Branch, Choose, Operation

Place = tuple[int, int]


@define
class _MarkedBlocks(Blocks):
    """Writes blocks as terms in which arms have numbers."""

    _next: int = field(default=1, init=False)

    def block(self, block: Block) -> Term:
        self._next = 1
        return super().block(block)

    def _end(self, block: Block, run: Run) -> Term:
        match block.end:
            case Branch(condition, then, orelse):
                test, first = self.expressions.truth(condition, run.memory), self._next
                other, sides = first + 1 + arms_of(then), list[Term]()
                for number, arm, never in ((first, then, 0), (other, orelse, 1)):
                    self._next = number + 1
                    if not self.terms.is_number(test, never):
                        sides.append(self._block(arm, run.fork()))
                return self.terms.term("branch", (test, *sides), first, other)
            case Choose(_, items):
                found: list[Term] = []
                for item in items:
                    first = self._next
                    found.append(self._block(item, run.fork()))
                    self._next = first + arms_of(item)
                return self.terms.term("choose", tuple(found))
            case _:
                return super()._end(block, run)

    def _when(
        self,
        test: Term,
        then: tuple[Operation, ...],
        orelse: tuple[Operation, ...],
        run: Run,
    ) -> None:
        outer, within, first = run.guard, run.memory.within, self._next
        run.note()
        for guard, operations in ((test, then), (self.terms.negation(test), orelse)):
            run.guard = self.terms.term("and", (outer, guard))
            run.memory.within = (*within, guard)
            run.stops.append(self.terms.term("enter", (run.guard,), first))
            self._next = first + 1
            if not self.terms.is_number(run.guard, 0):
                for operation in operations:
                    self._operation(operation, run)
            first += 1 + arms_in(operations)
        run.guard, run.memory.within, self._next = outer, within, first


def steps_that_keep_arms(
    program: Program, permutations: tuple[Permutation, ...]
) -> tuple[frozenset[Place], ...]:
    """For each of the permutations the steps, by actor and location."""
    pools = dict(program.identity.pools)
    structs = {struct for each in permutations for (struct, _), _ in each.objects}
    if any(each.actors for each in permutations):
        structs.add(ACTORS)
    names = names_of(program, frozenset(structs), pools)
    blocks = _MarkedBlocks(program, Expressions(program, names, pools))
    terms: dict[Place, Term | None] = {}
    for number, actor in enumerate(program.actors):
        for step in actor.steps:
            try:
                armed = arms_of(step.block) > 0
                terms[number, step.location] = blocks.block(step.block) if armed else None
            except Asymmetric:
                pass  # in an arm that is never entered: nothing is said of the step
    found: list[frozenset[Place]] = []
    for each in permutations:
        rename, actors = renaming_of(program, names, pools, each), dict(each.actors)
        kept: set[Place] = set()
        for (number, location), term in terms.items():
            image = terms.get((actors.get(number, number), location), -1)
            if term is None or image is None:
                same = term is image
            else:
                same = rename(term) == image
            if same:
                kept.add((number, location))
        found.append(frozenset(kept))
    return tuple(found)
