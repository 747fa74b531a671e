"""The built-in checks that are predicates over states: data races, leaks, RCU reuse.

They become ordinary properties with a code, so every engine checks them without knowing them.
"""

from __future__ import annotations

from collections.abc import Iterator

from ksmcheck.frontend.schema import Schema
from ksmcheck.frontend.symbols import Lifetime, StructSymbol
from ksmcheck.frontend.words import is_variant, unpack
from ksmcheck.ir.expr import FALSE, Const, Expr, Op, Read
from ksmcheck.ir.fold import binary, conjunction, disjunction, negate
from ksmcheck.ir.program import (
    Actor,
    BuiltinCheck,
    Instance,
    Property,
    PropertyKind,
    Variable,
    VariableKind,
)
from ksmcheck.ir.source import Span
from ksmcheck.ir.step import AccessKind, Step
from ksmcheck.ir.types import RefType, SetType, WordType


def builtin_properties(schema: Schema, actors: tuple[Actor, ...]) -> list[Property]:
    """The checks that apply to this model and are not switched off."""
    result: list[Property] = []
    if BuiltinCheck.DATA_RACE not in schema.disabled:
        result += _property(
            schema,
            BuiltinCheck.DATA_RACE,
            "KSM851",
            PropertyKind.STATE,
            "no two conflicting accesses, one of them plain, are enabled at once",
            list(_races(actors)),
        )
    if BuiltinCheck.RCU_REUSE not in schema.disabled:
        result += _property(
            schema,
            BuiltinCheck.RCU_REUSE,
            "KSM861",
            PropertyKind.STEP,
            "no object is allocated again while an RCU reader that saw it is "
            "still inside its section",
            list(_reuses(schema, actors)),
        )
    if BuiltinCheck.LEAK not in schema.disabled:
        result += _property(
            schema,
            BuiltinCheck.LEAK,
            "KSM871",
            PropertyKind.END,
            "at the end every allocated object is still referred to by something",
            list(_leaks(schema)),
        )
    return result


def _property(
    schema: Schema,
    check: BuiltinCheck,
    code: str,
    kind: PropertyKind,
    sentence: str,
    instances: list[Instance],
) -> list[Property]:
    if not instances:
        return []
    return [
        Property(
            check.value,
            sentence,
            "built in",
            kind,
            tuple(instances),
            None,
            "",
            Span("built in", 1),
            check,
            code,
        )
    ]


def _races(actors: tuple[Actor, ...]) -> Iterator[Instance]:
    every = [step for actor in actors for step in actor.steps]
    plain = {step.access.variable for step in every if step.access.plain} - {None}
    steps = [step for step in every if step.access.variable in plain]
    for number, first in enumerate(steps):
        for second in steps[number + 1 :]:
            if _conflict(first, second):
                yield _race(actors, first, second)


def _conflict(first: Step, second: Step) -> bool:
    a, b = first.access, second.access
    writes = AccessKind.LOAD not in (a.kind, b.kind) or a.kind is not b.kind
    return (
        first.actor != second.actor and a.variable == b.variable and (a.plain or b.plain) and writes
    )


def _race(actors: tuple[Actor, ...], first: Step, second: Step) -> Instance:
    at = [
        binary(Op.EQ, Read(actors[step.actor].location), Const(step.location))
        for step in (first, second)
    ]
    same = [
        binary(Op.EQ, a, b) for a, b in zip(first.access.index, second.access.index, strict=True)
    ]
    bindings = tuple(
        (
            actors[step.actor].name,
            f"{'plain ' if step.access.plain else ''}{step.access.kind.value} `{step.text}` at "
            f"{step.span.short()}",
        )
        for step in (first, second)
    )
    return Instance(bindings, negate(conjunction([*at, *same])))


def _reuses(schema: Schema, actors: tuple[Actor, ...]) -> Iterator[Instance]:
    if not schema.uses_rcu:
        return
    for name in sorted(schema.allocated):
        struct = schema.universe.structs[name]
        if struct.lifetime is not Lifetime.SLAB:
            continue
        for number in range(struct.pool):
            seen = [
                conjunction(
                    [
                        binary(Op.NE, Read(schema.readers(), (Const(actor),), old=True), Const(0)),
                        disjunction(_locals_holding(schema, actor, struct, number + 1)),
                    ]
                )
                for actor in range(len(schema.universe.actors))
            ]
            live = schema.live(struct)
            before = Read(live, (Const(number),), old=True)
            reused = conjunction([negate(before), Read(live, (Const(number),)), disjunction(seen)])
            yield Instance(((struct.name, struct.object_names[number]),), negate(reused))


def _locals_holding(schema: Schema, actor: int, struct: StructSymbol, reference: int) -> list[Expr]:
    return [
        _refers(variable, Read(number, old=True), struct.name, reference)
        for number, variable in enumerate(schema.variables)
        if variable.kind is VariableKind.LOCAL and variable.actor == actor
    ]


def _leaks(schema: Schema) -> Iterator[Instance]:
    for name in sorted(schema.allocated):
        struct = schema.universe.structs[name]
        for number in range(struct.pool):
            if (name, number) in schema.named:
                continue
            live = Read(schema.live(struct), (Const(number),))
            pending: Expr = FALSE
            if name in schema.freed_by_rcu:
                waiting = Read(schema.pending(struct), (Const(number),))
                pending = binary(Op.NE, waiting, Const(0))
            referred = disjunction([pending, *_references(schema, struct, number + 1)])
            bindings = ((struct.name, struct.object_names[number]),)
            yield Instance(bindings, negate(binary(Op.AND, live, negate(referred))))


def _references(schema: Schema, struct: StructSymbol, reference: int) -> Iterator[Expr]:
    """For each cell that can hold a reference: that it is to this object and is itself alive."""
    for number, variable in enumerate(list(schema.variables)):
        if variable.kind not in (VariableKind.SHARED, VariableKind.LOCAL):
            continue
        indices: list[tuple[Expr, ...]] = [()]
        for size in variable.dims:
            indices = [(*index, Const(i)) for index in indices for i in range(size)]
        owner = schema.universe.structs.get(variable.name.split(".")[0])
        for index in indices:
            holds = _refers(variable, Read(number, index), struct.name, reference)
            if holds == FALSE:
                continue
            if owner is not None and variable.kind is VariableKind.SHARED and index:
                first = index[0]
                assert isinstance(first, Const)
                if owner is struct and first.value == reference - 1:
                    continue
                holds = binary(Op.AND, schema.is_live(owner, Const(first.value + 1)), holds)
            yield holds


def _refers(variable: Variable, value: Expr, struct: str, reference: int) -> Expr:
    """Whether ``value`` is, or contains, a reference to the object."""
    match variable.type:
        case RefType(struct=other) if other == struct:
            return binary(Op.EQ, value, Const(reference))
        case SetType(struct=other) if other == struct:
            bit = Const(1 << (reference - 1))
            return binary(Op.NE, binary(Op.BITAND, value, bit), Const(0))
        case WordType() as word:
            parts: list[Expr] = []
            for position, variant in enumerate(word.variants):
                for number, (_, kind) in enumerate(variant.fields):
                    if isinstance(kind, RefType) and kind.struct == struct:
                        parts.append(
                            conjunction(
                                [
                                    is_variant(word, value, position),
                                    binary(
                                        Op.EQ,
                                        unpack(word, value, position, number),
                                        Const(reference),
                                    ),
                                ]
                            )
                        )
            return disjunction(parts)
        case _:
            return FALSE
