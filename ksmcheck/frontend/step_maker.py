"""Makes the Step of a location: its tree, with locals in slots and dead ones forgotten."""

from __future__ import annotations

from collections.abc import Mapping

from attrs import evolve, field, frozen

from ksmcheck.frontend.cfg import LOCAL_BASE, Graph, Node
from ksmcheck.frontend.liveness import Liveness, Slots, members
from ksmcheck.frontend.steps import Cutter
from ksmcheck.frontend.substitute import Substitution
from ksmcheck.ir.expr import Const
from ksmcheck.ir.step import Assign, Operation, Step


@frozen
class StepMaker:
    """Makes one actor's steps; ``variables[slot]`` is the variable of a slot.

    ``empty[variable]`` is what it holds while it means nothing.
    """

    graph: Graph
    cutter: Cutter
    liveness: Liveness
    slots: Slots
    variables: list[int]
    empty: Mapping[int, int]
    slot_variables: dict[int, int] = field(init=False)
    forgetting: tuple[Assign, ...] = field(init=False)
    forgotten: dict[int | None, tuple[Operation, ...]] = field(factory=dict)

    @slot_variables.default
    def _slot_variables(self) -> dict[int, int]:
        return {local: self.variables[slot] for local, slot in self.slots.slot_of.items()}

    @forgetting.default
    def _forgetting(self) -> tuple[Assign, ...]:
        return tuple(
            Assign(variable, (), Const(self.empty[variable])) for variable in self.variables
        )

    def step(self, node: Node) -> Step:
        """The step that starts at ``node``."""
        alive = self._alive(node.number)
        substitution = Substitution(
            self.slot_variables,
            frozenset(self.variables[slot] for slot in alive.values()),
            self.empty,
        )
        block = substitution.block(self.cutter.tree(node, self._forget))
        source = self._described(node)
        assert source.access is not None
        access = evolve(source.access, index=tuple(map(substitution.place, source.access.index)))
        names = sorted(
            (self.variables[slot], self.graph.locals[local - LOCAL_BASE].name)
            for local, slot in alive.items()
        )
        location = self.cutter.location_of[node.number]
        return Step(
            self.graph.actor,
            location,
            block,
            access,
            source.text,
            source.span,
            source.frames,
            tuple(names),
        )

    def _alive(self, node: int) -> dict[int, int]:
        """The locals that hold a value at a location, each with its slot."""
        slot_of = self.slots.slot_of
        return {x: slot_of[x] for x in members(self.liveness.live_in[node]) if x in slot_of}

    def _forget(self, target: int | None) -> tuple[Operation, ...]:
        """What to store on the way to ``target``, in every slot that means nothing there."""
        if target not in self.forgotten:
            needed = set() if target is None else set(self._alive(target).values())
            self.forgotten[target] = tuple(
                assign for slot, assign in enumerate(self.forgetting) if slot not in needed
            )
        return self.forgotten[target]

    def _described(self, node: Node) -> Node:
        """The node whose access names the step: the first one that begins."""
        while not node.begins:
            node = self.graph.nodes[self.graph.successors(node)[0]]
        return node
