"""Builds every actor: lowering, analysis, slots and steps, and the step that is setup."""

from __future__ import annotations

from collections.abc import Mapping

from attrs import define, evolve, field

from ksmcheck.frontend.cfg import LOCAL_BASE, Graph, Node
from ksmcheck.frontend.contraction import contract
from ksmcheck.frontend.errors import Errors
from ksmcheck.frontend.liveness import Liveness, Slots
from ksmcheck.frontend.lockdep import Lockdep
from ksmcheck.frontend.lower import Lowering
from ksmcheck.frontend.schema import Schema
from ksmcheck.frontend.step_maker import StepMaker
from ksmcheck.frontend.steps import Cutter
from ksmcheck.frontend.substitute import Substitution
from ksmcheck.frontend.symbols import FunctionSymbol
from ksmcheck.frontend.tree import Function
from ksmcheck.frontend.vocabulary import LockMode
from ksmcheck.ir.expr import Const, Expr
from ksmcheck.ir.fold import operations_in
from ksmcheck.ir.interning import Interner
from ksmcheck.ir.program import Actor, Variable, VariableKind
from ksmcheck.ir.source import Frame, Span
from ksmcheck.ir.step import (
    AccessKind,
    Assign,
    Block,
    Goto,
    Operation,
)
from ksmcheck.ir.types import IntType, LockKind, LockType, forgotten

RCU_ACTOR = "rcu"


@define
class ActorBuild:
    """One actor on its way from a function to steps."""

    name: str
    daemon: bool
    graph: Graph
    location: int = -1


@define
class ActorBuilder:
    """Builds all actors of a model; call the stages in order."""

    schema: Schema
    errors: Errors
    functions: Mapping[int, Function]
    builds: list[ActorBuild] = field(factory=list)
    interner: Interner = field(factory=Interner)

    def lower(self, symbols: list[FunctionSymbol]) -> None:
        """Lower every actor to its graph."""
        for symbol in symbols:
            function = self.functions[id(symbol)]
            for number in range(symbol.count or 1):
                name = symbol.name if symbol.count is None else f"{symbol.name}{number}"
                graph = Graph(len(self.builds), name)
                arguments: dict[str, Expr] = {}
                if symbol.count is not None and function.parameters:
                    arguments = {function.parameters[0][0]: Const(number)}
                Lowering(self.schema, self.errors, self.functions, graph).actor(function, arguments)
                self.builds.append(ActorBuild(name, symbol.daemon, graph))
        if self.schema.freed_by_rcu:
            self._rcu_daemon()

    def _rcu_daemon(self) -> None:
        graph = Graph(len(self.builds), RCU_ACTOR)
        span = Span("free_rcu", 1)
        lowering = Lowering(
            self.schema, self.errors, self.functions, graph, frames=(Frame("rcu callbacks", ""),)
        )
        lowering.here = lowering.node(span)
        lowering.rcu_callbacks(span)
        self.builds.append(ActorBuild(RCU_ACTOR, True, graph))

    def analyse(self, observed: frozenset[int]) -> None:
        """Insert the lock checks and decide which accesses are shared.

        ``observed`` are the variables that properties read.
        """
        for build in self.builds:
            Lockdep(self.schema, build.graph).run()
        nodes = [node for build in self.builds for node in build.graph.reachable()]
        stored = {
            operation.variable
            for node in nodes
            for operation in operations_in(tuple(node.operations))
            if isinstance(operation, Assign)
        }
        contended = {
            node.lock.variable
            for node in nodes
            if node.lock is not None
            and (node.lock.kind is not LockKind.RWSEM or node.lock.mode is LockMode.EXCLUSIVE)
        }
        for node in nodes:
            if node.begins and self._private(node, stored, contended | observed):
                node.begins = False

    def _private(self, node: Node, stored: set[int], contended: set[int] | frozenset[int]) -> bool:
        access = node.access
        if access is None or access.variable is None:
            return False
        if node.lock is not None:
            kind = self.schema.variables[access.variable].type
            readers_only = isinstance(kind, LockType) and kind.kind is LockKind.RWSEM
            return readers_only and access.variable not in contended
        return (
            access.kind is AccessKind.LOAD
            and access.variable not in stored
            and not node.waits
            and not self._can_vanish(access.variable, stored)
        )

    def _can_vanish(self, variable: int, stored: set[int]) -> bool:
        """A field of an object that may be freed races with the free, whoever stores to it."""
        owner = self.schema.variables[variable].name.split(".")[0]
        struct = self.schema.universe.structs.get(owner)
        return (
            struct is not None
            and struct.name in self.schema.allocated
            and not self.schema.permanent(struct)
            and self.schema.live(struct) in stored
        )

    def cut(self) -> tuple[Actor, ...]:
        """Give locals their slots and cut the graphs into steps."""
        for build in self.builds:
            build.location = self.schema.add(
                Variable(
                    f"{build.name}.(location)",
                    IntType(0, 0),
                    VariableKind.LOCATION,
                    actor=build.graph.actor,
                )
            )
        return tuple(self._cut(build) for build in self.builds)

    def _cut(self, build: ActorBuild) -> Actor:
        graph = build.graph
        cutter = Cutter(graph, self.errors)
        cutter.mark()
        contract(graph)
        liveness = Liveness(graph)
        liveness.run()
        liveness.report_undefined(self.errors)
        locations = cutter.locations()
        slots = Slots(graph, liveness, tuple(node.number for node in locations))
        slots.run()
        variables = self._slot_variables(build, slots)
        empty = {number: self.schema.variables[number].initial for number in variables}
        maker = StepMaker(graph, cutter, liveness, slots, variables, empty, self.interner)
        steps = tuple(maker.step(node) for node in locations)
        old = self.schema.variables[build.location]
        self.schema.variables[build.location] = evolve(old, type=IntType(0, max(1, len(steps))))
        return Actor(build.name, build.daemon, build.location, steps)

    def _slot_variables(self, build: ActorBuild, slots: Slots) -> list[int]:
        numbers = []
        for count, members in enumerate(slots.members):
            local = build.graph.locals[members[0] - LOCAL_BASE]
            names = sorted({build.graph.locals[m - LOCAL_BASE].name for m in members})
            shown = "/".join(name.strip("()") for name in names[:3])
            numbers.append(
                self.schema.add(
                    Variable(
                        f"{build.name}.{shown}#{count}",
                        local.type,
                        VariableKind.LOCAL,
                        actor=build.graph.actor,
                        initial=forgotten(local.type),
                    )
                )
            )
        return numbers


def setup_block(
    schema: Schema, errors: Errors, functions: Mapping[int, Function], symbol: FunctionSymbol | None
) -> Block:
    """Setup as one step: the static objects are live, then the setup function runs."""
    prelude: list[Operation] = []
    for struct in schema.universe.structs.values():
        if struct.name in schema.allocated:
            for number in range(schema.statics.get(struct.name, 0)):
                prelude.append(Assign(schema.live(struct), (Const(number),), Const(1)))
    if symbol is None:
        return Block(tuple(prelude), Goto(0))
    graph = Graph(0, "setup")
    Lowering(schema, errors, functions, graph, setup=True, region=0).actor(
        functions[id(symbol)], {}
    )
    cutter = Cutter(graph, errors)
    cutter.mark()
    liveness = Liveness(graph)
    liveness.run()
    liveness.report_undefined(errors)
    for node in graph.nodes:
        node.begins = False
    block = Substitution(Interner()).block(cutter.tree(graph.nodes[0]))
    return Block((*prelude, *block.operations), block.end)
