"""What has to be false in every reachable state for a property to hold, piece by piece."""

from __future__ import annotations

from collections.abc import Iterator
from typing import assert_never

import z3
from attrs import frozen

from ksmcheck.ir.program import BuiltinCheck, Instance, Property, PropertyKind
from ksmcheck.symbolic.flow import Flow, Move
from ksmcheck.symbolic.formulas import support
from ksmcheck.symbolic.proof import Subject


@frozen(eq=False)
class Obligation:
    """``wrong`` must be false in every reachable state; ``reads`` are the cells it is about.

    ``place`` is the location of the actor that moves then, None when nobody does.
    """

    wrong: z3.BoolRef
    place: int | None
    reads: frozenset[int]


def obligations_of(flow: Flow, subject: Subject) -> list[Obligation]:
    """The obligations of a property, or of a built-in check."""
    if isinstance(subject, Property):
        pieces = [
            piece for instance in subject.instances for piece in _of(flow, subject.kind, instance)
        ]
    elif subject is BuiltinCheck.DEADLOCK:
        pieces = [(_stuck(flow), None)]
    else:
        checks = flow.transition.program.faults
        pieces = [
            (way.guard, flow.places[way.actor])
            for way in flow.transition.faults
            if way.fault is not None and checks[way.fault].check is subject
        ]
    found: list[Obligation] = []
    for wrong, place in pieces:
        own = frozenset[int]() if place is None else frozenset({place})
        found.append(Obligation(wrong, place, own | support([wrong], flow.cell_of)))
    return found


def _stuck(flow: Flow) -> z3.BoolRef:
    transition = flow.transition
    moves = [way.guard for way in (*transition.ways, *transition.faults)]
    return z3.And(z3.Not(transition.over(transition.now)), z3.Not(z3.Or(moves)))


def _of(
    flow: Flow, kind: PropertyKind, instance: Instance
) -> Iterator[tuple[z3.BoolRef, int | None]]:
    transition = flow.transition
    match kind:
        case PropertyKind.STATE:
            truth = transition.reader(transition.now).truth(instance.predicate)
            reads = support([truth], flow.cell_of)
            for move in flow.moves:
                if not reads.isdisjoint(move.stores):
                    broken = z3.Not(z3.substitute(truth, _stored(flow, move)))
                    yield z3.And(move.guard, truth, broken), move.here[0]
        case PropertyKind.END:
            truth = transition.reader(transition.now).truth(instance.predicate)
            yield z3.And(transition.over(transition.now), z3.Not(truth)), None
        case PropertyKind.STEP:
            truth = transition.reader(transition.then, transition.now).truth(instance.predicate)
            same = [
                (then.bits, now.bits)
                for then, now in zip(transition.then, transition.now, strict=True)
            ]
            for move in flow.moves:
                then = [(transition.then[cell].bits, bits) for cell, bits in move.stores.items()]
                after = z3.substitute(z3.substitute(truth, then), same)
                broken = z3.simplify(z3.And(move.guard, z3.Not(after)))
                if not z3.is_false(broken):
                    yield broken, move.here[0]
        case _:
            assert_never(kind)


def _stored(flow: Flow, move: Move) -> list[tuple[z3.BitVecRef, z3.BitVecRef]]:
    now = flow.transition.now
    return [(now[cell].bits, bits) for cell, bits in move.stores.items()]
