"""Makes the Step of a location: its tree, with locals in slots and dead ones forgotten."""

from __future__ import annotations

from collections.abc import Mapping

from attrs import evolve, field, frozen

from ksmcheck.frontend.cfg import LOCAL_BASE, Graph, Node
from ksmcheck.frontend.liveness import Liveness, Slots, members
from ksmcheck.frontend.steps import Cutter
from ksmcheck.frontend.substitute import Substitution
from ksmcheck.ir.interning import Interner
from ksmcheck.ir.step import Step


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
    interner: Interner
    slot_variables: dict[int, int] = field(init=False)
    needed: list[frozenset[int]] = field(init=False)

    @slot_variables.default
    def _slot_variables(self) -> dict[int, int]:
        return {local: self.variables[slot] for local, slot in self.slots.slot_of.items()}

    @needed.default
    def _needed(self) -> list[frozenset[int]]:
        """For each location the variables that hold a value there; none when all is done."""
        nodes = self.cutter.location_of
        return [*(frozenset(self._alive(node).values()) for node in nodes), frozenset()]

    def step(self, node: Node) -> Step:
        """The step that starts at ``node``."""
        location = self.cutter.location_of[node.number]
        needed = self.needed
        substitution = Substitution(
            self.interner, self.slot_variables, needed[location], needed.__getitem__, self.empty
        )
        block = substitution.block(self.cutter.tree(node))
        source = self._described(node)
        assert source.access is not None
        access = evolve(source.access, index=tuple(map(substitution.place, source.access.index)))
        names = sorted(
            (variable, self.graph.locals[local - LOCAL_BASE].name)
            for local, variable in self._alive(node.number).items()
        )
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
        """The locals that hold a value at a location, each with its variable."""
        variable_of = self.slot_variables
        return {
            local: variable_of[local]
            for local in members(self.liveness.live_in[node])
            if local in variable_of
        }

    def _described(self, node: Node) -> Node:
        """The node whose access names the step: the first one that begins."""
        while not node.begins:
            node = self.graph.nodes[self.graph.successors(node)[0]]
        return node
