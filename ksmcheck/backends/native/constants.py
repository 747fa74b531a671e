"""Which locals of an actor have one known value at a location, over all runs that get there.

NOTE(shared-bits). A dead local is 0, so at most locations most locals are known. Two locals that
are never unknown at the same location can share their bits in a packed state: the location says
which of them the bits belong to. That is exact, because a state is still determined by its bits.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import assert_never

from attrs import frozen

from ksmcheck.backends.native.cells import block_reads, block_writes, variables_read
from ksmcheck.backends.native.fold import Bounds, Facts, declared_bounds, simplify
from ksmcheck.backends.native.patterns import Pattern, Patterns, Shape
from ksmcheck.ir.expr import Const
from ksmcheck.ir.program import Actor, Program, VariableKind
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
from ksmcheck.ir.types import SymbolType

Known = dict[int, int]


@frozen
class Private:
    """The locals of one actor that only its own steps look at.

    ``known[l]`` has those whose value at location l is always the same; None: no run gets there.
    """

    variables: frozenset[int]
    known: tuple[Mapping[int, int] | None, ...]

    def unknown(self, location: int) -> frozenset[int]:
        """The private locals whose value has to be stored at ``location``."""
        known = self.known[location]
        return frozenset() if known is None else self.variables - known.keys()


def private_locals(program: Program, patterns: Patterns) -> tuple[Private, ...]:
    """For each actor."""
    outside = set(block_writes(program.setup) | block_reads(program.setup))
    for item in program.properties:
        for instance in item.instances:
            outside |= variables_read(instance.predicate)
        if item.witness is not None:
            outside |= variables_read(item.witness)
    users: dict[int, set[int]] = {}
    for number, steps in enumerate(patterns):
        for variable in {v for shape in _shapes(steps) for v in shape.reads | shape.writes}:
            users.setdefault(variable, set()).add(number)
    return tuple(
        _private(program, number, actor, outside, users)
        for number, actor in enumerate(program.actors)
    )


def _shapes(steps: Iterable[Pattern]) -> set[Shape]:
    return {pattern.shape for pattern in steps}


def _private(
    program: Program,
    number: int,
    actor: Actor,
    outside: set[int],
    users: Mapping[int, set[int]],
) -> Private:
    variables = frozenset(
        index
        for index, variable in enumerate(program.variables)
        if variable.kind is VariableKind.LOCAL
        and variable.actor == number
        and not variable.dims
        and not isinstance(variable.type, SymbolType)  # the end of any step renumbers it
        and index not in outside
        and users.get(index, {number}) == {number}
    )
    return Private(variables, _Flow(program, actor, variables).run())


class _Flow:
    """Constant propagation over one actor's locations, until nothing changes."""

    def __init__(self, program: Program, actor: Actor, variables: frozenset[int]) -> None:
        self._program = program
        self._declared = declared_bounds(program)
        self._actor = actor
        self._variables = variables
        self._known: list[Known | None] = [None] * (actor.done + 1)
        self._work: list[int] = []

    def run(self) -> tuple[Mapping[int, int] | None, ...]:
        start = {item: self._program.variables[item].initial for item in self._variables}
        self._arrive(0, start)
        while self._work:
            location = self._work.pop()
            known = self._known[location]
            if known is not None and location != self._actor.done:
                self._block(self._actor.steps[location].block, dict(known), location)
        return tuple(self._known)

    def _arrive(self, location: int, known: Known) -> None:
        before = self._known[location]
        if before is None:
            after = {item: value for item, value in known.items() if item in self._variables}
        else:
            after = {item: value for item, value in before.items() if known.get(item) == value}
        if after != before:
            self._known[location] = after
            self._work.append(location)

    def _facts(self, known: Known, location: int) -> Facts:
        exact = {item: Bounds(value, value) for item, value in known.items()}
        return Facts(self._declared, {**exact, self._actor.location: Bounds(location, location)})

    def _block(self, block: Block, known: Known, location: int) -> None:
        self._operations(block.operations, known, location)
        match block.end:
            case Goto(target):
                self._arrive(target, known)
            case Branch(condition, then, orelse):
                value = simplify(condition, self._facts(known, location))
                for arm, refuted in ((then, 0), (orelse, 1)):
                    if not (isinstance(value, Const) and bool(value.value) == bool(refuted)):
                        self._block(arm, dict(known), location)
            case Choose(_, arms):
                for arm in arms:
                    self._block(arm, dict(known), location)
            case _:
                assert_never(block.end)

    def _operations(self, operations: tuple[Operation, ...], known: Known, location: int) -> None:
        for operation in operations:
            match operation:
                case Assign(variable, _, value):
                    if variable in self._variables:
                        result = simplify(value, self._facts(known, location))
                        known.pop(variable, None)
                        if isinstance(result, Const):
                            known[variable] = result.value
                case When(_, then, orelse):
                    other = dict(known)
                    self._operations(then, known, location)
                    self._operations(orelse, other, location)
                    for item in [i for i in known if other.get(i) != known[i]]:
                        del known[item]
                case SetTemp() | Check() | Require() | Observe():
                    pass
                case _:
                    assert_never(operation)
