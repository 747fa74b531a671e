"""Which steps can make a property false, and which can make it true again.

Every instance of a property, and every witness (as "not yet"), is a *goal*: a predicate whose
being false is what a search must not miss. A step *heals* a goal when it may turn it from false to
true, and *breaks* it when it may turn it from true to false. Both are upper bounds from the
direction in which a step moves a cell and the direction in which the predicate looks at it:
`refcount >= 1` can be broken only by a step that lowers the count.
"""

from __future__ import annotations

from typing import assert_never

from attrs import define, field, frozen

from ksmcheck.analysis.accesses import Summary
from ksmcheck.analysis.footprint import cells
from ksmcheck.analysis.implied import Implied
from ksmcheck.ir.expr import Ask, Binary, BitCount, Const, Expr, Ite, Not, Op, Read, Temp
from ksmcheck.ir.fold import negate
from ksmcheck.ir.program import Program, PropertyKind, VariableKind
from ksmcheck.ir.types import ConditionType

# A cell of the flat state; or that an actor is at one of its locations.
Spot = int | tuple[int, int]

UP, DOWN = 1, -1


@frozen
class Goal:
    """``property`` is its number; ``witness`` when it is its witness that is looked for."""

    property: int
    witness: bool
    kind: PropertyKind
    predicate: Expr


@frozen
class Visible:
    """What one step may do to the goals, each a set of goal numbers as bits.

    Of goals over steps, ``breaks`` are those that it can itself make false. ``heals`` and
    ``spoils`` are about the step of somebody else, before both ends of which this one is taken:
    whether it turns the goal from false to true, or from true to false.
    """

    heals: int
    breaks: int
    spoils: int


@define
class _Looks:
    """How a predicate depends on spots: ``now`` in the state after, ``old`` in the one before.

    UP for a spot means that a higher value may make the predicate true, and a lower one false.
    """

    program: Program
    offsets: tuple[int, ...]
    now: set[tuple[Spot, int]] = field(factory=set)
    old: set[tuple[Spot, int]] = field(factory=set)

    def truth(self, expr: Expr, way: int) -> None:
        """``expr`` is looked at as true or false; 0 stands for both ways."""
        match expr:
            case Not(operand):
                self.truth(operand, -way)
            case Binary(Op.AND | Op.OR, left, right):
                self.truth(left, way)
                self.truth(right, way)
            case Binary(Op.GT | Op.GE, left, right):
                self.number(left, way)
                self.number(right, -way)
            case Binary(Op.LT | Op.LE, left, right):
                self.number(left, -way)
                self.number(right, way)
            case Binary(Op.EQ | Op.NE as op, Read() as read, Const(value)):
                self._equal(read, value, way if op is Op.EQ else -way)
            case Binary(Op.EQ | Op.NE, left, right):
                self.number(left, 0)
                self.number(right, 0)
            case Ite(condition, then, orelse):
                self.truth(condition, 0)
                self.truth(then, way)
                self.truth(orelse, way)
            case Read() if self._never_negative(expr):
                self.number(expr, way)
            case _:
                self.number(expr, 0)

    def _equal(self, read: Read, value: int, way: int) -> None:
        variable = self.program.variables[read.variable]
        if variable.kind is VariableKind.LOCATION and variable.actor is not None:
            self._note((variable.actor, value), way, read.old)
        elif value == variable.type.lo:
            self.number(read, -way)
        elif value == variable.type.hi:
            self.number(read, way)
        else:
            self.number(read, 0)

    def _never_negative(self, read: Read) -> bool:
        return self.program.variables[read.variable].type.lo >= 0

    def number(self, expr: Expr, way: int) -> None:
        """``expr`` is looked at as a number; the higher the better when ``way`` is UP."""
        match expr:
            case Const() | Temp():
                pass
            case Read(variable, index, old):
                for item in index:
                    self.number(item, 0)
                for spot in self._spots(variable, index):
                    self._note(spot, way, old)
            case Binary(Op.ADD, left, right):
                self.number(left, way)
                self.number(right, way)
            case Binary(Op.SUB, left, right):
                self.number(left, way)
                self.number(right, -way)
            case Ite(condition, Const(one), Const(other)):
                self.truth(condition, way if one >= other else -way)
            case Ite(condition, then, orelse):
                self.truth(condition, 0)
                self.number(then, way)
                self.number(orelse, way)
            case Not() | Binary(Op.EQ | Op.NE | Op.LT | Op.LE | Op.GT | Op.GE | Op.AND | Op.OR):
                self.truth(expr, way)
            case Binary(_, left, right):
                self.number(left, 0)
                self.number(right, 0)
            case BitCount(operand):
                self.number(operand, 0)
            case Ask(_, operands):
                for item in operands:
                    self.number(item, 0)
                for variable, declared in enumerate(self.program.variables):
                    if isinstance(declared.type, ConditionType):
                        self._note(self.offsets[variable], 0, old=False)
            case _:
                assert_never(expr)

    def _spots(self, variable: int, index: tuple[Expr, ...]) -> list[Spot]:
        declared = self.program.variables[variable]
        if declared.kind is VariableKind.LOCATION and declared.actor is not None:
            actor = declared.actor
            return [(actor, at) for at in range(self.program.actors[actor].done + 1)]
        return list(cells(self.program, self.offsets, variable, index))

    def _note(self, spot: Spot, way: int, old: bool) -> None:
        into = self.old if old else self.now
        into.update((spot, one) for one in ((way,) if way else (UP, DOWN)))


@define
class Moves:
    """What it does to goals, sets of bits, when a spot is moved in a direction."""

    heals: dict[tuple[Spot, int], int] = field(factory=dict)
    breaks: dict[tuple[Spot, int], int] = field(factory=dict)
    spoils: dict[tuple[Spot, int], int] = field(factory=dict)

    def add(self, bit: int, goal: Goal, looks: _Looks, implied: Implied) -> None:
        """Note the goal that is this bit and ``looks`` like that.

        A goal over steps that may be false of a step which changes nothing is taken as one that
        any change may break, heal and spoil.
        """
        both = looks.now | looks.old
        if goal.kind is not PropertyKind.STEP:
            _note(self.heals, bit, looks.now)
            _note(self.breaks, bit, _turned(looks.now))
        elif implied.stutters(goal.predicate):
            _note(self.heals, bit, both)
            _note(self.breaks, bit, _turned(looks.now))
            _note(self.spoils, bit, _turned(both))
        else:
            for into in (self.heals, self.breaks, self.spoils):
                _note(into, bit, both | _turned(both))

    def of(self, moved: set[tuple[Spot, int]]) -> Visible:
        """What a step does that may make these movements."""
        healed = broken = spoiled = 0
        for movement in moved:
            healed |= self.heals.get(movement, 0)
            broken |= self.breaks.get(movement, 0)
            spoiled |= self.spoils.get(movement, 0)
        return Visible(healed, broken, spoiled)


def _note(into: dict[tuple[Spot, int], int], bit: int, moves: set[tuple[Spot, int]]) -> None:
    for movement in moves:
        into[movement] = into.get(movement, 0) | bit


def _turned(moves: set[tuple[Spot, int]]) -> set[tuple[Spot, int]]:
    return {(spot, -way) for spot, way in moves}


def goals(program: Program) -> tuple[Goal, ...]:
    """All goals of a program, in the order of its properties."""
    found: list[Goal] = []
    for number, item in enumerate(program.properties):
        found += [Goal(number, False, item.kind, one.predicate) for one in item.instances]
        if item.witness is not None:
            found.append(Goal(number, True, item.kind, negate(item.witness)))
    return tuple(found)


def looks_of(program: Program, wanted: tuple[Goal, ...], implied: Implied) -> Moves:
    """What movements do to the goals ``wanted``, each by its number as a bit."""
    offsets, moves = program.offsets(), Moves()
    for number, goal in enumerate(wanted):
        looks = _Looks(program, offsets)
        looks.truth(goal.predicate, UP)
        moves.add(1 << number, goal, looks, implied)
    return moves


def movements(
    program: Program, offsets: tuple[int, ...], place: tuple[int, int], step: Summary
) -> set[tuple[Spot, int]]:
    """The spots that the step may move, each with the direction."""
    actor, at = place
    effect = step.effect
    ways = {way.target for way in step.exits} - {at}
    found: set[tuple[Spot, int]] = {((actor, target), UP) for target in ways}
    if ways:
        found.add((place, DOWN))
    for direction, places in ((UP, effect.rises | effect.own), (DOWN, effect.falls | effect.own)):
        for item in places:
            spots = cells(program, offsets, item.variable, item.index)
            found.update((cell, direction) for cell in spots)
    for way in step.exits:
        for variable, value in way.values:
            if value != Read(variable):
                lowest = value == Const(program.variables[variable].type.lo)
                directions = (DOWN,) if lowest else (UP, DOWN)
                found.update((offsets[variable], one) for one in directions)
    return found
