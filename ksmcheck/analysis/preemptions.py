"""A bound on preemptions: two more variables, which the engines keep up to date.

A preemption is a switch away from an actor that could go on. Which actor moved last and how many
preemptions there were is part of a bounded state: two ways to one state of the model differ in
what may still follow. A step that would be one preemption too many is not taken; some actor can
always go on, so a bounded search finds no deadlock that is none. (Qadeer and Rehof,
"Context-bounded model checking of concurrent software"; Musuvathi and Qadeer, "Iterative context
bounding for systematic testing of multithreaded programs".)
"""

from __future__ import annotations

from attrs import evolve, frozen

from ksmcheck.ir.expr import Const
from ksmcheck.ir.program import Program, Variable, VariableKind
from ksmcheck.ir.step import Assign
from ksmcheck.ir.types import IntType

LAST = "(last actor)"
COUNT = "(preemptions)"


@frozen
class Bound:
    """At most ``most`` preemptions. Variable ``last`` is 0 at first, then the actor's number + 1;

    variable ``count`` is how many there were.
    """

    last: int
    count: int
    most: int


def bounded(program: Program, most: int) -> Program:
    """``program`` with the two variables at its end; only engines that know them store there."""
    first = len(program.variables)
    kind = VariableKind.BOOKKEEPING
    added = (
        Variable(LAST, IntType(0, len(program.actors)), kind),
        Variable(COUNT, IntType(0, most), kind),
    )
    stores = (Assign(first, (), Const(0)), Assign(first + 1, (), Const(0)))
    setup = evolve(program.setup, operations=(*stores, *program.setup.operations))
    return evolve(program, variables=(*program.variables, *added), setup=setup)


def bound_of(program: Program) -> Bound | None:
    """The bound that ``bounded`` gave to the program, if it did."""
    if [variable.name for variable in program.variables[-2:]] != [LAST, COUNT]:
        return None
    first = len(program.variables) - 2
    return Bound(first, first + 1, program.variables[first + 1].type.hi)
