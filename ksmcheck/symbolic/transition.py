"""A program as a transition system over bit-vectors: its states, its steps, its faults.

Every path through a step is a Way: a guard over the state before, and what it stores. A way that
ends in a fault leads to no state. Only states that a run can reach need a faithful picture; of the
others induction asks no more than that none is forgotten.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import assert_never

import z3
from attrs import define, field, frozen

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
from ksmcheck.symbolic.proof import State
from ksmcheck.symbolic.transition_bits import Number, Reader, constant, either, width_of


@frozen
class Way:
    """One path of ``actor``'s step at ``location``: what it needs, and what it stores.

    ``target`` is the location that it leads to; ``fault`` is the number of the fault in which it
    ends, None when it ends in a state.
    """

    actor: int
    location: int
    guard: z3.BoolRef
    stores: tuple[tuple[int, z3.BitVecRef], ...] = ()
    target: int = -1
    fault: int | None = None


@define
class _Run:
    """A path that is being followed."""

    cells: list[Number]
    temps: dict[int, Number]
    guard: list[z3.BoolRef]

    def copy(self) -> _Run:
        return _Run(list(self.cells), dict(self.temps), list(self.guard))


@define
class Transition:
    """The transition system of a program. ``now`` and ``then`` are the cells of two states."""

    program: Program
    offsets: tuple[int, ...] = field(init=False)
    ranges: tuple[tuple[int, int], ...] = field(init=False)
    now: tuple[Number, ...] = field(init=False)
    then: tuple[Number, ...] = field(init=False)
    ways: list[Way] = field(factory=list)
    faults: list[Way] = field(factory=list)

    def __attrs_post_init__(self) -> None:
        self.offsets = self.program.offsets()
        self.ranges = tuple(
            (variable.type.lo, variable.type.hi)
            for variable in self.program.variables
            for _ in range(variable.cells)
        )
        self.now = self.frame("now")
        self.then = self.frame("then")
        for number, actor in enumerate(self.program.actors):
            for step in actor.steps:
                here = self.at(self.now, number, step.location)
                run = _Run(list(self.now), {}, [here])
                self._block(step.block, run, number, step.location)

    def frame(self, name: str) -> tuple[Number, ...]:
        """Fresh cells of one state."""
        return tuple(
            Number(z3.BitVec(f"{name}.{cell}", width_of(low, high)), low, high)
            for cell, (low, high) in enumerate(self.ranges)
        )

    def reader(self, cells: Sequence[Number], before: Sequence[Number] | None = None) -> Reader:
        """Translates expressions over a state, and over the one before it."""
        return Reader(self.program, self.offsets, cells, before)

    def at(self, cells: Sequence[Number], actor: int, location: int) -> z3.BoolRef:
        """That an actor stands at a location."""
        cell = cells[self.offsets[self.program.actors[actor].location]]
        return cell.bits == z3.BitVecVal(location, cell.bits.size())

    def over(self, cells: Sequence[Number]) -> z3.BoolRef:
        """That all finite actors are done."""
        return z3.And(
            [
                self.at(cells, number, actor.done)
                for number, actor in enumerate(self.program.actors)
                if not actor.daemon
            ]
        )

    def typed(self, cells: Sequence[Number]) -> z3.BoolRef:
        """That every cell holds a value of its type."""
        parts = []
        for cell in cells:
            size = cell.bits.size()
            parts.append(cell.bits >= z3.BitVecVal(cell.low, size))
            parts.append(cell.bits <= z3.BitVecVal(cell.high, size))
        return z3.And(parts)

    def step(self, chosen: z3.BitVecRef) -> z3.BoolRef:
        """That ``now`` leads to ``then`` by the way whose number is ``chosen``."""
        parts = [z3.ULT(chosen, z3.BitVecVal(len(self.ways), chosen.size()))]
        writers: list[list[z3.BoolRef]] = [[] for _ in self.now]
        for number, way in enumerate(self.ways):
            taken = chosen == z3.BitVecVal(number, chosen.size())
            parts.append(z3.Implies(taken, way.guard))
            for cell, bits in way.stores:
                parts.append(z3.Implies(taken, self.then[cell].bits == bits))
                writers[cell].append(taken)
        for cell, takers in enumerate(writers):
            parts.append(z3.Or([*takers, self.then[cell].bits == self.now[cell].bits]))
        return z3.And(parts)

    def selector(self, name: str) -> z3.BitVecRef:
        """A variable that numbers the ways."""
        return z3.BitVec(name, max(1, len(self.ways).bit_length()))

    def _block(self, block: Block, run: _Run, actor: int, location: int) -> None:
        for operation in block.operations:
            self._operation(operation, run, [], (actor, location))
        match block.end:
            case Goto(location=target):
                own = self.offsets[self.program.actors[actor].location]
                run.cells[own] = constant(target)
                guard, stores = z3.And(run.guard), self._stores(run)
                self.ways.append(Way(actor, location, guard, stores, target))
            case Branch(condition=condition, then=then, orelse=orelse):
                truth = self._reading(run).truth(condition)
                for side, holds in ((then, truth), (orelse, z3.Not(truth))):
                    inner = run.copy()
                    inner.guard.append(holds)
                    self._block(side, inner, actor, location)
            case Choose(arms=arms):
                for arm in arms:
                    self._block(arm, run.copy(), actor, location)
            case _:
                assert_never(block.end)

    def _stores(self, run: _Run) -> tuple[tuple[int, z3.BitVecRef], ...]:
        return tuple(
            (cell, after.within(*self.ranges[cell]))
            for cell, (before, after) in enumerate(zip(self.now, run.cells, strict=True))
            if after is not before
        )

    def _reading(self, run: _Run) -> Reader:
        return Reader(self.program, self.offsets, run.cells, None, run.temps)

    def _operation(
        self, operation: Operation, run: _Run, under: list[z3.BoolRef], where: tuple[int, int]
    ) -> None:
        """Run one operation; ``under`` are the conditions of the Whens around it."""
        reader = self._reading(run)
        match operation:
            case Assign(variable=variable, index=index, value=value):
                stored = reader.number(value)
                for cell, condition in reader.places(variable, index):
                    before = run.cells[cell]
                    run.cells[cell] = (
                        stored if condition is None else either(condition, stored, before)
                    )
            case SetTemp(number=number, value=value):
                run.temps[number] = reader.number(value)
            case Check(condition=condition, fault=fault):
                truth = reader.truth(condition)
                failing = z3.And([*run.guard, *under, z3.Not(truth)])
                self.faults.append(Way(*where, failing, fault=fault))
                run.guard.append(z3.Implies(z3.And(under), truth) if under else truth)
            case Require(condition=condition):
                truth = reader.truth(condition)
                run.guard.append(z3.Implies(z3.And(under), truth) if under else truth)
            case Observe():
                pass
            case When():
                self._when(operation, run, under, where)
            case _:
                assert_never(operation)

    def _when(self, when: When, run: _Run, under: list[z3.BoolRef], where: tuple[int, int]) -> None:
        truth = self._reading(run).truth(when.condition)
        then, orelse = run.copy(), run.copy()
        for operation in when.then:
            self._operation(operation, then, [*under, truth], where)
        known = len(run.guard)
        orelse.guard = list(then.guard)
        for operation in when.orelse:
            self._operation(operation, orelse, [*under, z3.Not(truth)], where)
        run.guard += orelse.guard[known:]
        for cell, (first, second) in enumerate(zip(then.cells, orelse.cells, strict=True)):
            if first is not second:
                run.cells[cell] = either(truth, first, second)
        for number in {**then.temps, **orelse.temps}:
            sides = [side.temps[number] for side in (then, orelse) if number in side.temps]
            run.temps[number] = sides[0] if len(sides) == 1 else either(truth, sides[0], sides[1])


def conjuncts(cells: Sequence[Number], states: Sequence[State]) -> z3.BoolRef:
    """That the cells are one of ``states``: what all of them share is said once."""
    shared = [
        cell.bits == z3.BitVecVal(values[0], cell.bits.size())
        for cell, values in zip(cells, zip(*states, strict=True), strict=True)
        if len(set(values)) == 1
    ]
    differing = [
        number for number, values in enumerate(zip(*states, strict=True)) if len(set(values)) > 1
    ]
    rest = [
        z3.And([cells[n].bits == z3.BitVecVal(state[n], cells[n].bits.size()) for n in differing])
        for state in states
    ]
    return z3.And([*shared, z3.Or(rest)]) if differing else z3.And(shared)


def moved(formula: z3.BoolRef, pairs: Iterator[tuple[Number, Number]]) -> z3.BoolRef:
    """The formula over other cells."""
    return z3.substitute(formula, [(old.bits, new.bits) for old, new in pairs])
