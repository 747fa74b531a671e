"""What a search says that it found, and whether the evaluator agrees.

A Claim names a violation within one program by numbers. ``establish`` looks for it at the end of
a path, on the evaluator, and gives it back in the user's words; None when it is not there.
"""

from __future__ import annotations

from typing import assert_never

from attrs import frozen

from ksmcheck.backends.evaluator import Outcome, State
from ksmcheck.explore.result import Finding, FindingKind
from ksmcheck.ir.expr import Ite, Read
from ksmcheck.ir.program import Instance, LockOrderEdge, Property, PropertyKind, Reading
from ksmcheck.ir.types import LockType, holders
from ksmcheck.trace.describe import Model, accessed_cell
from ksmcheck.trace.layout import cell_name
from ksmcheck.trace.naming import Naming
from ksmcheck.trace.records import Binding, Named, OrderEdge, Violation, ViolationKind, Waiting


@frozen
class PropertyClaim:
    """Property number ``number`` is false: in the last state, or over the last step."""

    number: int


@frozen
class FaultClaim:
    """The last step ends in fault ``number``."""

    number: int


@frozen
class DeadlockClaim:
    """In the last state nobody can move and a finite actor is not done."""


@frozen
class OrderClaim:
    """The last step records the first of ``flags``, which closes a cycle of lock classes.

    The other edges may have been seen anywhere in the search: lock order is a fact about all runs.
    """

    flags: tuple[int, ...]


Claim = PropertyClaim | FaultClaim | DeadlockClaim | OrderClaim


def claim_of(finding: Finding) -> Claim:
    """What a finding of the search claims about the end of its path."""
    match finding.kind:
        case FindingKind.PROPERTY:
            return PropertyClaim(finding.index)
        case FindingKind.FAULT:
            return FaultClaim(finding.index)
        case FindingKind.DEADLOCK:
            return DeadlockClaim()
        case FindingKind.LOCK_ORDER:
            return OrderClaim(finding.cycle)
        case _:
            assert_never(finding.kind)


def establish(
    model: Model,
    claim: Claim,
    before: State | None,
    outcome: Outcome | None,
    state: State,
    naming: Naming | None = None,
) -> Violation | None:
    """The violation, if it is there.

    ``state`` is the last state of the path, ``outcome`` the step that led to it from ``before``
    (None for an initial state). After a faulting outcome ``state`` is the state before it.
    ``naming`` says what the symbols of ``state`` are called.
    """
    match claim:
        case PropertyClaim(number=number):
            return _property(model, number, before, state, naming or Naming(model.symbols))
        case FaultClaim(number=number):
            return _fault(model, number, outcome)
        case DeadlockClaim():
            return _deadlock(model, state)
        case OrderClaim(flags=flags):
            return _cycle(model, flags, outcome)
        case _:
            assert_never(claim)


def describe_claim(model: Model, claim: Claim) -> str:
    """A short name for messages: the property's name, a fault's code, ``deadlock``."""
    match claim:
        case PropertyClaim(number=number):
            return model.program.properties[number].name
        case FaultClaim(number=number):
            return model.program.faults[number].code
        case DeadlockClaim():
            return "deadlock"
        case OrderClaim():
            return "lock-order"
        case _:
            assert_never(claim)


def _property(
    model: Model, number: int, before: State | None, state: State, naming: Naming
) -> Violation | None:
    wanted = model.program.properties[number]
    match wanted.kind:
        case PropertyKind.STATE:
            kind, old = ViolationKind.STATE, None
        case PropertyKind.END:
            kind, old = ViolationKind.END, None
            if not model.program.over(state, model.offsets):
                return None
        case PropertyKind.STEP:
            kind, old = ViolationKind.STEP, before
            if before is None:
                return None
        case _:
            assert_never(wanted.kind)
    for instance in wanted.instances:
        if not model.evaluator.value(instance.predicate, state, old):
            return _broken(model, wanted, instance, kind, (state, old), naming)
    return None


def _broken(
    model: Model,
    wanted: Property,
    instance: Instance,
    kind: ViolationKind,
    states: tuple[State, State | None],
    naming: Naming,
) -> Violation:
    values: list[Named] = []
    state, old = states
    for reading in instance.reads:
        if not model.evaluator.value(reading.guard, state, old):
            continue
        raw = model.evaluator.value(reading.expression, state, old)
        name = _place_name(model, reading, state, old)
        named = Named(name, naming.word(reading.type, raw), raw)
        if named not in values:
            values.append(named)
    return Violation(
        kind=kind,
        name=wanted.name,
        code=wanted.code,
        sentence=wanted.sentence,
        source=wanted.source,
        file=wanted.span.file,
        line=wanted.span.line,
        bindings=tuple(Binding(name, value) for name, value in instance.bindings),
        values=tuple(values),
    )


def _place_name(model: Model, reading: Reading, state: State, old: State | None) -> str:
    """The cell that a reading looks at (``page1.content``), else what the source calls it."""
    read = reading.expression.then if isinstance(reading.expression, Ite) else reading.expression
    if not isinstance(read, Read):
        return reading.text
    variable = model.program.variables[read.variable]
    position = 0
    for item, size in zip(read.index, variable.dims, strict=True):
        digit = model.evaluator.value(item, state, old)
        if not 0 <= digit < size:
            return reading.text
        position = position * size + digit
    return ("old " if read.old else "") + cell_name(variable, position)


def _fault(model: Model, number: int, outcome: Outcome | None) -> Violation | None:
    if outcome is None or outcome.fault is None:
        return None
    wanted, found = model.program.faults[number], model.program.faults[outcome.fault]
    if (wanted.code, wanted.message, wanted.span) != (found.code, found.message, found.span):
        return None
    return Violation(
        kind=ViolationKind.FAULT,
        name=found.check.value,
        code=found.code,
        sentence=found.message,
        source="",
        file=found.span.file,
        line=found.span.line,
    )


def _deadlock(model: Model, state: State) -> Violation | None:
    if model.evaluator.successors(state) or model.program.over(state, model.offsets):
        return None
    waiting = [
        _waiting(model, state, actor)
        for actor in range(len(model.program.actors))
        if model.next_step(state, actor) is not None
    ]
    return Violation(
        kind=ViolationKind.DEADLOCK,
        name="deadlock",
        code="KSM842",
        sentence="nobody can move and somebody is not done",
        source="",
        file="",
        line=0,
        waiting=tuple(waiting),
    )


def _waiting(model: Model, state: State, actor: int) -> Waiting:
    step = model.next_step(state, actor)
    assert step is not None
    lock, held_by = "", tuple[str, ...]()
    position = accessed_cell(model, state, step)
    if position is not None and isinstance(kind := model.cells[position].type, LockType):
        lock = model.cells[position].name
        held_by = tuple(kind.actors[owner] for owner in holders(kind, state[position]))
    return Waiting(
        actor=model.program.actors[actor].name,
        routine=step.frames[-1].routine if step.frames else "",
        file=step.span.file,
        line=step.span.line,
        text=step.text,
        lock=lock,
        held_by=held_by,
    )


def _cycle(model: Model, flags: tuple[int, ...], outcome: Outcome | None) -> Violation | None:
    if outcome is None or not flags or flags[0] not in outcome.flags:
        return None
    edges = [model.program.edges[flag] for flag in flags]
    if not _closed(edges):
        return None
    classes = [edge.before for edge in edges] + [edges[0].before]
    return Violation(
        kind=ViolationKind.LOCK_ORDER,
        name="lock-order",
        code="KSM841",
        sentence="the order of locks has a cycle: " + " -> ".join(classes),
        source="",
        file=edges[0].span.file,
        line=edges[0].span.line,
        cycle=tuple(
            OrderEdge(edge.before, edge.after, edge.span.file, edge.span.line) for edge in edges
        ),
    )


def _closed(edges: list[LockOrderEdge]) -> bool:
    following = [*edges[1:], edges[0]]
    return all(edge.after == next_.before for edge, next_ in zip(edges, following, strict=True))
