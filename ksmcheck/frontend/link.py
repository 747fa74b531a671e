"""The last stage: drops variables that nobody uses, orders the rest, computes the digest."""

from __future__ import annotations

import hashlib
from typing import Any, assert_never, cast, get_args

import attrs
from attrs import evolve

from ksmcheck.ir.expr import Ask, Binary, BitCount, Const, Expr, Ite, Not, Read, Temp
from ksmcheck.ir.fold import blocks, children, operation_expressions, operations_in
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
    uses = _Uses()
    uses.program(program)
    kept = [
        number
        for kind in ORDER
        for number, variable in enumerate(program.variables)
        if variable.kind is kind and number in uses.variables
    ]
    renaming = Renaming({old: new for new, old in enumerate(kept)})
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


@attrs.frozen
class _Uses:
    """The variables that are read somewhere, or stored by an actor; ``seen`` by identity."""

    variables: set[int] = attrs.field(factory=set)
    seen: set[int] = attrs.field(factory=set)

    def program(self, program: Program) -> None:
        """Add those of a whole program."""
        self.variables.update(actor.location for actor in program.actors)
        self.variables.update(
            number
            for number, variable in enumerate(program.variables)
            if isinstance(variable.type, ConditionType)
        )
        self._block(program.setup, stores=False)
        for actor in program.actors:
            for step in actor.steps:
                self._block(step.block, stores=True)
                if step.access.variable is not None:
                    self.variables.add(step.access.variable)
                self._expressions(step.access.index)
                self.variables.update(variable for variable, _ in step.live)
        for item in program.properties:
            for instance in item.instances:
                self._expressions((instance.predicate,))
                for reading in instance.reads:
                    self._expressions((reading.expression, reading.guard))
            if item.witness is not None:
                self._expressions((item.witness,))

    def _block(self, root: Block, stores: bool) -> None:
        for block in blocks(root):
            for operation in operations_in(block.operations):
                if stores and isinstance(operation, Assign):
                    self.variables.add(operation.variable)
                if id(operation) not in self.seen:
                    self.seen.add(id(operation))
                    self._expressions(operation_expressions(operation))
            if isinstance(block.end, Branch):
                self._expressions((block.end.condition,))

    def _expressions(self, expressions: tuple[Expr, ...]) -> None:
        for expression in expressions:
            if id(expression) not in self.seen:
                self.seen.add(id(expression))
                if isinstance(expression, Read):
                    self.variables.add(expression.variable)
                self._expressions(children(expression))


@attrs.frozen
class Renaming:
    """Renumbers variables everywhere; stores to dropped variables vanish.

    What has been renamed is remembered by its identity, so what was one object is one afterwards.
    """

    numbers: dict[int, int]
    expressions: dict[int, Expr] = attrs.field(factory=dict)
    operations: dict[int, Operation] = attrs.field(factory=dict)

    def expression(self, expression: Expr) -> Expr:
        known = self.expressions.get(id(expression))
        if known is None:
            known = self.expressions[id(expression)] = self._renamed(expression)
        return known

    def _renamed(self, expression: Expr) -> Expr:
        match expression:
            case Const() | Temp():
                return expression
            case Read(variable=variable, index=index, old=old):
                return Read(self.numbers[variable], tuple(map(self.expression, index)), old)
            case Binary(op=op, left=left, right=right):
                return Binary(op, self.expression(left), self.expression(right))
            case Not(operand=operand):
                return Not(self.expression(operand))
            case BitCount(operand=operand):
                return BitCount(self.expression(operand))
            case Ite(condition=condition, then=then, orelse=orelse):
                first = self.expression(condition)
                return Ite(first, self.expression(then), self.expression(orelse))
            case Ask(question=question, operands=operands):
                return Ask(question, tuple(map(self.expression, operands)))
            case _:
                assert_never(expression)

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
        operations = self._operations(block.operations)
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

    def _operations(self, operations: tuple[Operation, ...]) -> tuple[Operation, ...]:
        return tuple(
            [
                self.operation(item)
                for item in operations
                if not isinstance(item, Assign) or item.variable in self.numbers
            ]
        )

    def operation(self, operation: Operation) -> Operation:
        known = self.operations.get(id(operation))
        if known is None:
            known = self.operations[id(operation)] = self._changed(operation)
        return known

    def _changed(self, operation: Operation) -> Operation:
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
                    self.expression(condition), self._operations(then), self._operations(orelse)
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
    meaning = _Meaning()
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
        hasher.update(meaning.text(part).encode())
        hasher.update(b"\n")
    return hasher.hexdigest()


IGNORED = frozenset({"text", "frames", "span", "sentence"})

# Often the same object, see interning.
SHARED = frozenset(get_args(Operation) + get_args(Expr))


@attrs.frozen
class _Meaning:
    """Texts that depend on the meaning of records only.

    ``fields`` are those of a class that count, None for what is no record; ``known`` the texts of
    expressions and operations, by identity.
    """

    fields: dict[type[Any], tuple[str, ...] | None] = attrs.field(factory=dict)
    known: dict[int, str] = attrs.field(factory=dict)

    def text(self, value: object) -> str:
        cls: type[Any] = type(value)
        if cls in SHARED:
            known = self.known.get(id(value))
            if known is None:
                known = self.known[id(value)] = self._record(cls, value)
            return known
        if cls is tuple:
            return f"({','.join(map(self.text, cast(tuple[object, ...], value)))})"
        return "" if cls is Span else self._record(cls, value)

    def _record(self, cls: type[Any], value: object) -> str:
        if cls not in self.fields:
            names = [item.name for item in attrs.fields(cls)] if attrs.has(cls) else None
            self.fields[cls] = (
                None if names is None else tuple(n for n in names if n not in IGNORED)
            )
        fields = self.fields[cls]
        if fields is None:
            return repr(value)
        inner = ",".join([self.text(getattr(value, name)) for name in fields])
        return f"{cls.__name__}({inner})"


def _counting(cls: type[Any]) -> tuple[str, ...] | None:
    if not attrs.has(cls):
        return None
    return tuple(item.name for item in attrs.fields(cls) if item.name not in IGNORED)
