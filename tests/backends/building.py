"""Short ways to write IR programs by hand."""

from __future__ import annotations

from collections.abc import Sequence

from ksmcheck.ir.expr import TRUE, Binary, Const, Expr, Op, Read
from ksmcheck.ir.program import (
    Actor,
    BuiltinCheck,
    Fault,
    Identity,
    Instance,
    LockOrderEdge,
    Program,
    Property,
    PropertyKind,
    Variable,
    VariableKind,
)
from ksmcheck.ir.source import Span
from ksmcheck.ir.step import Access, AccessKind, Assign, Block, Goto, Operation, Require, Step
from ksmcheck.ir.types import BoolType, IntType, ValueType

SPAN = Span("model.py", 1)
NOWHERE = Block((), Goto(0))


def shared(name: str, hi: int = 1, dims: tuple[int, ...] = (), lo: int = 0) -> Variable:
    """An integer variable, at 0 or as near to it as its range allows."""
    kind: ValueType = BoolType() if (lo, hi) == (0, 1) else IntType(lo, hi)
    labels = tuple(tuple(str(i) for i in range(size)) for size in dims)
    initial = min(max(0, lo), hi)
    return Variable(name, kind, VariableKind.SHARED, dims, labels, initial=initial)


def binary(op: Op, left: Expr | int, right: Expr | int) -> Binary:
    """``left op right``, where numbers are constants."""
    return Binary(op, expr(left), expr(right))


def expr(value: Expr | int) -> Expr:
    """A number as a constant."""
    return Const(value) if isinstance(value, int) else value


def equal(variable: int, value: Expr | int) -> Binary:
    """The scalar ``variable`` has this value."""
    return binary(Op.EQ, Read(variable), value)


def put(variable: int, value: Expr | int, *index: Expr | int) -> Assign:
    """Store ``value`` in ``variable[index]``."""
    return Assign(variable, tuple(expr(item) for item in index), expr(value))


def go(target: int, *operations: Operation) -> Block:
    """Run ``operations``, go to ``target``."""
    return Block(operations, Goto(target))


def acquire(target: int, lock: int, actor: int) -> Block:
    """Wait until ``lock`` is free and take it."""
    return go(target, Require(equal(lock, 0)), put(lock, actor + 1))


def state_property(
    predicate: Expr | Sequence[Expr],
    witness: Expr | None = TRUE,
    kind: PropertyKind = PropertyKind.STATE,
    name: str = "property",
) -> Property:
    """A property with one instance for each predicate."""
    predicates = (predicate,) if isinstance(predicate, Expr) else tuple(predicate)
    instances = tuple(Instance((("n", str(i)),), p) for i, p in enumerate(predicates))
    return Property(name, name, "", kind, instances, witness, "", SPAN)


def build(
    variables: Sequence[Variable],
    actors: Sequence[Sequence[Block]],
    *,
    daemons: frozenset[int] = frozenset(),
    properties: Sequence[Property] = (),
    faults: int = 0,
    edges: Sequence[tuple[str, str]] = (),
    setup: Block = NOWHERE,
    disabled: tuple[BuiltinCheck, ...] = (),
    name: str = "hand-built",
) -> Program:
    """A program whose actor a has the given blocks; its location is variable len(variables) + a."""
    first = len(variables)
    locations = [
        Variable(f"pc{a}", IntType(0, len(blocks)), VariableKind.LOCATION, actor=a)
        for a, blocks in enumerate(actors)
    ]
    return Program(
        identity=Identity(name, "model.py", "", "", (), (), ()),
        variables=(*variables, *locations),
        actors=tuple(
            Actor(chr(ord("A") + a), a in daemons, first + a, steps_of(a, blocks))
            for a, blocks in enumerate(actors)
        ),
        setup=setup,
        properties=tuple(properties),
        faults=tuple(
            Fault(BuiltinCheck.ASSERTION, f"KSM88{n}", f"fault {n}", SPAN) for n in range(faults)
        ),
        edges=tuple(LockOrderEdge(before, after, SPAN) for before, after in edges),
        disabled=disabled,
        digest=name,
    )


def steps_of(actor: int, blocks: Sequence[Block]) -> tuple[Step, ...]:
    """The blocks as the steps of an actor."""
    access = Access(AccessKind.ATOMIC)
    return tuple(
        Step(actor, place, block, access, f"step {place}", SPAN, ())
        for place, block in enumerate(blocks)
    )
