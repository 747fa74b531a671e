"""What is to be proved, as formulas over one state, or over a step."""

from __future__ import annotations

from typing import assert_never

import z3
from attrs import frozen

from ksmcheck.ir.expr import Expr, Read
from ksmcheck.ir.fold import conjunction, reads
from ksmcheck.ir.program import BuiltinCheck, Program, Property, PropertyKind
from ksmcheck.symbolic.transition import Transition


@frozen
class Goal:
    """``wrong`` is true in a state that violates it, ``wrong_step`` over a step that does.

    ``cells`` are the positions of the state that it looks at.
    """

    name: str
    wrong: z3.BoolRef
    wrong_step: z3.BoolRef
    cells: frozenset[int]
    over_steps: bool = False


def goal_of(transition: Transition, subject: Property | BuiltinCheck) -> Goal:
    """The goal that a property, or a built-in check, never fails."""
    if isinstance(subject, Property):
        return _property(transition, subject)
    if subject is BuiltinCheck.DEADLOCK:
        moves = [way.guard for way in (*transition.ways, *transition.faults)]
        wrong = z3.And(z3.Not(transition.over(transition.now)), z3.Not(z3.Or(moves)))
        locations = frozenset(transition.offsets[a.location] for a in transition.program.actors)
        return Goal(subject.value, wrong, z3.BoolVal(False), locations)
    checks = transition.program.faults
    ways = [
        way
        for way in transition.faults
        if way.fault is not None and checks[way.fault].check is subject
    ]
    wrong = z3.Or([way.guard for way in ways]) if ways else z3.BoolVal(False)
    return Goal(subject.value, wrong, z3.BoolVal(False), frozenset())


def _property(transition: Transition, subject: Property) -> Goal:
    predicate = conjunction([instance.predicate for instance in subject.instances])
    cells = _cells(transition.program, transition.offsets, predicate)
    nothing = z3.BoolVal(False)
    match subject.kind:
        case PropertyKind.STATE:
            wrong = z3.Not(transition.reader(transition.now).truth(predicate))
            return Goal(subject.name, wrong, nothing, cells)
        case PropertyKind.END:
            false = z3.Not(transition.reader(transition.now).truth(predicate))
            wrong = z3.And(transition.over(transition.now), false)
            return Goal(subject.name, wrong, nothing, cells)
        case PropertyKind.STEP:
            truth = transition.reader(transition.then, transition.now).truth(predicate)
            return Goal(subject.name, nothing, z3.Not(truth), cells, over_steps=True)
        case _:
            assert_never(subject.kind)


def _cells(program: Program, offsets: tuple[int, ...], expression: Expr) -> frozenset[int]:
    found: set[int] = set()
    for read in reads(expression):
        found.update(_of(program, offsets, read))
    return frozenset(found)


def _of(program: Program, offsets: tuple[int, ...], read: Read) -> range:
    start = offsets[read.variable]
    return range(start, start + program.variables[read.variable].cells)
