"""The last stage: drops variables that nobody uses, orders the rest, computes the digest."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Any, TypeAlias, assert_never

import attrs
from attrs import evolve

from ksmcheck.ir.expr import Const, Expr, Read, Temp
from ksmcheck.ir.fold import blocks, operation_expressions, operations_in, reads, rewrite
from ksmcheck.ir.program import Actor, Instance, Program, Property, Variable, VariableKind
from ksmcheck.ir.source import Span
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
    Step,
    When,
)
from ksmcheck.ir.types import ConditionType, SymbolType

ORDER = (
    VariableKind.LOCATION,
    VariableKind.SHARED,
    VariableKind.BOOKKEEPING,
    VariableKind.GHOST,
    VariableKind.LOCAL,
)


def prune(program: Program) -> Program:
    """The same program without the variables that no step, property or access mentions."""
    used = _used(program)
    kept = [
        number
        for kind in ORDER
        for number, variable in enumerate(program.variables)
        if variable.kind is kind and number in used
    ]
    numbers = {old: new for new, old in enumerate(kept)}

    def leaf(item: Read | Temp) -> Expr:
        return evolve(item, variable=numbers[item.variable]) if isinstance(item, Read) else item

    renaming = Renaming(numbers, leaf)
    return evolve(
        program,
        variables=tuple(program.variables[number] for number in kept),
        actors=tuple(renaming.actor(actor) for actor in program.actors),
        setup=renaming.block(program.setup),
        properties=tuple(renaming.property(item) for item in program.properties),
    )


def condition_of(variables: list[Variable]) -> tuple[Variable, ...]:
    """The variable for what is known of the symbols, when there are any."""
    if any(isinstance(variable.type, SymbolType) for variable in variables):
        return (Variable("(condition)", ConditionType(), VariableKind.BOOKKEEPING),)
    return ()


def _used(program: Program) -> set[int]:
    """Variables that are read somewhere, or stored by an actor."""
    used = {actor.location for actor in program.actors}
    used |= {
        number
        for number, variable in enumerate(program.variables)
        if isinstance(variable.type, ConditionType)
    }
    all_blocks = [step.block for actor in program.actors for step in actor.steps]
    for root in [*all_blocks, program.setup]:
        for block in blocks(root):
            for operation in operations_in(block.operations):
                for expression in operation_expressions(operation):
                    used |= {read.variable for read in reads(expression)}
                if isinstance(operation, Assign) and root is not program.setup:
                    used.add(operation.variable)
            if isinstance(block.end, Branch):
                used |= {read.variable for read in reads(block.end.condition)}
    for item in program.properties:
        for instance in item.instances:
            for expression in (
                instance.predicate,
                *(r.expression for r in instance.reads),
                *(r.guard for r in instance.reads),
            ):
                used |= {read.variable for read in reads(expression)}
        if item.witness is not None:
            used |= {read.variable for read in reads(item.witness)}
    for actor in program.actors:
        for step in actor.steps:
            if step.access.variable is not None:
                used.add(step.access.variable)
            for expression in step.access.index:
                used |= {read.variable for read in reads(expression)}
            used |= {variable for variable, _ in step.live}
    return used


@attrs.frozen
class Renaming:
    """Renumbers variables everywhere; stores to dropped variables vanish."""

    numbers: dict[int, int]
    leaf: Callable[[Read | Temp], Expr]

    def expression(self, expression: Expr) -> Expr:
        return rewrite(expression, self.leaf)

    def actor(self, actor: Actor) -> Actor:
        steps = tuple(self.step(step) for step in actor.steps)
        return evolve(actor, location=self.numbers[actor.location], steps=steps)

    def step(self, step: Step) -> Step:
        access = step.access
        if access.variable is not None:
            access = evolve(
                access,
                variable=self.numbers[access.variable],
                index=tuple(map(self.expression, access.index)),
            )
        live = tuple((self.numbers[variable], name) for variable, name in step.live)
        return evolve(step, block=self.block(step.block), access=access, live=live)

    def block(self, block: Block) -> Block:
        operations = tuple(
            self.operation(item)
            for item in block.operations
            if not isinstance(item, Assign) or item.variable in self.numbers
        )
        match block.end:
            case Goto():
                return Block(operations, block.end)
            case Branch(condition=condition, then=then, orelse=orelse):
                return Block(
                    operations,
                    Branch(self.expression(condition), self.block(then), self.block(orelse)),
                )
            case Choose(labels=labels, arms=arms):
                return Block(operations, Choose(labels, tuple(map(self.block, arms))))
            case _:
                assert_never(block.end)

    def operation(self, operation: Operation) -> Operation:
        match operation:
            case Assign(variable=variable, index=index, value=value):
                return Assign(
                    self.numbers[variable],
                    tuple(map(self.expression, index)),
                    self.expression(value),
                )
            case SetTemp(value=value):
                return evolve(operation, value=self.expression(value))
            case Check() | Require() | Observe():
                return evolve(operation, condition=self.expression(operation.condition))
            case When(condition=condition, then=then, orelse=orelse):
                return When(
                    self.expression(condition),
                    tuple(
                        self.operation(item)
                        for item in then
                        if not isinstance(item, Assign) or item.variable in self.numbers
                    ),
                    tuple(
                        self.operation(item)
                        for item in orelse
                        if not isinstance(item, Assign) or item.variable in self.numbers
                    ),
                )
            case _:
                assert_never(operation)

    def property(self, item: Property) -> Property:
        instances = tuple(self.instance(instance) for instance in item.instances)
        witness = self.expression(item.witness) if item.witness is not None else None
        return evolve(item, instances=instances, witness=witness)

    def instance(self, instance: Instance) -> Instance:
        readings = tuple(
            evolve(
                reading,
                expression=self.expression(reading.expression),
                guard=self.expression(reading.guard),
            )
            for reading in instance.reads
        )
        return evolve(instance, predicate=self.expression(instance.predicate), reads=readings)


def digest_of(program: Program) -> str:
    """SHA-256 over what the model means: comments, line numbers and file names do not count.

    Nor does what the kernel and its patches are called, only what they make of the model.
    """
    hasher = hashlib.sha256()
    known: Meanings = {}
    for part in (
        program.identity.model,
        program.identity.parameters,
        program.variables,
        program.actors,
        program.setup,
        program.properties,
        tuple((f.check, f.code) for f in program.faults),
        tuple((e.before, e.after) for e in program.edges),
        program.disabled,
    ):
        hasher.update(_canonical(part, known).encode())
        hasher.update(b"\n")
    return hasher.hexdigest()


IGNORED = frozenset({"text", "frames", "span", "sentence"})


Meanings: TypeAlias = "dict[type[Any], tuple[str, ...] | None]"


def _canonical(value: object, known: Meanings) -> str:
    """A text that depends on the meaning of a record only; ``known`` are the fields that count."""
    cls: type[Any] = type(value)
    if isinstance(value, tuple):
        return "(" + ",".join([_canonical(item, known) for item in value]) + ")"
    if isinstance(value, Const):
        return f"Const({value.value})"
    if isinstance(value, Span):
        return ""
    if cls not in known:
        names = [item.name for item in attrs.fields(cls)] if attrs.has(cls) else None
        known[cls] = None if names is None else tuple(n for n in names if n not in IGNORED)
    fields = known[cls]
    if fields is None:
        return repr(value)
    inner = ",".join([_canonical(getattr(value, name), known) for name in fields])
    return f"{cls.__name__}({inner})"
