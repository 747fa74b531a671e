"""Which locals still matter at each node, which never reach a step boundary, and who shares a slot.

Works on one actor's graph. Assignments whose value nobody reads are dropped. A local that is
alive at some location needs a slot in the state vector; locals of one type that are never alive
together share one.
"""

from __future__ import annotations

from attrs import define, field

from ksmcheck.frontend.cfg import LOCAL_BASE, Fork, Graph, Node
from ksmcheck.frontend.errors import Errors
from ksmcheck.ir.expr import Expr, Read
from ksmcheck.ir.fold import operation_expressions, reads
from ksmcheck.ir.step import Assign, Operation


def locals_read(expressions: tuple[Expr, ...]) -> set[int]:
    """The local variables that expressions read."""
    return {
        read.variable
        for expression in expressions
        for read in reads(expression)
        if read.variable >= LOCAL_BASE
    }


def is_local_assignment(operation: Operation) -> bool:
    """True for an assignment to a local."""
    return isinstance(operation, Assign) and operation.variable >= LOCAL_BASE


@define
class Liveness:
    """``live_in[node]``: the locals whose value may still be read when the node starts."""

    graph: Graph
    live_in: dict[int, frozenset[int]] = field(factory=dict)

    def run(self) -> None:
        """Compute live_in, and drop assignments that nobody reads, until neither changes."""
        while True:
            self._solve()
            if not self._drop_dead():
                return

    def _solve(self) -> None:
        nodes = list(reversed(self.graph.reachable()))
        self.live_in = {node.number: frozenset() for node in nodes}
        # what a node reads before it assigns, and what it assigns: found once, used every round
        reads_first = {node.number: frozenset(self.before(node, set())) for node in nodes}
        assigns = {
            node.number: frozenset(
                item.variable
                for item in node.operations
                if isinstance(item, Assign) and is_local_assignment(item)
            )
            for node in nodes
        }
        changed = True
        while changed:
            changed = False
            for node in nodes:
                number = node.number
                live = reads_first[number] | (self.live_out(node) - assigns[number])
                if live != self.live_in[number]:
                    self.live_in[number] = live
                    changed = True

    def live_out(self, node: Node) -> set[int]:
        """The locals alive when the node ends, its branch condition not yet evaluated."""
        live: set[int] = set()
        for target in self.graph.successors(node):
            live |= self.live_in[target]
        if isinstance(node.end, Fork):
            live |= locals_read((node.end.condition,))
        return live

    def before(self, node: Node, live: set[int]) -> set[int]:
        """The locals alive before the node's operations, given those alive after them."""
        for operation in reversed(node.operations):
            live = self.before_operation(operation, live)
        return live

    def before_operation(self, operation: Operation, live: set[int]) -> set[int]:
        """The locals alive before one operation."""
        result = set(live)
        if isinstance(operation, Assign) and is_local_assignment(operation):
            result.discard(operation.variable)
        return result | locals_read(operation_expressions(operation))

    def _drop_dead(self) -> bool:
        dropped = False
        for node in self.graph.reachable():
            live = self.live_out(node)
            kept: list[Operation] = []
            for operation in reversed(node.operations):
                dead = (
                    isinstance(operation, Assign)
                    and is_local_assignment(operation)
                    and operation.variable not in live
                )
                if dead:
                    dropped = True
                    continue
                kept.append(operation)
                live = self.before_operation(operation, live)
            node.operations = kept[::-1]
        return dropped

    def report_undefined(self, errors: Errors) -> None:
        """Report locals that may be read before they are assigned."""
        for node in self.graph.reachable():
            for number in node.undefines:
                if number in self.live_in[node.number]:
                    local = self.graph.locals[number - LOCAL_BASE]
                    what, hint = (
                        f"'{local.name}' may be read before it is assigned",
                        "assign it on every path, or `assert False` where it cannot happen",
                    )
                    if local.loop:
                        what = f"the loop variable '{local.name}' is read after its loop"
                        hint = "the loop is unrolled: store what is needed in another local"
                    errors.add("KSM313", what, local.span, hint)


@define
class Slots:
    """Gives each local that outlives a step its slot; ``slot_of[local]`` is a colour."""

    graph: Graph
    liveness: Liveness
    locations: tuple[int, ...]
    slot_of: dict[int, int] = field(factory=dict)
    members: list[list[int]] = field(factory=list)

    def run(self) -> None:
        """Colour the interference graph greedily, preferring the slot of a copy's source."""
        stored: set[int] = set()
        for number in self.locations:
            stored |= self.liveness.live_in[number]
        conflicts, copies = self._interference(stored)
        for local in sorted(stored):
            kind = self.graph.locals[local - LOCAL_BASE].type
            taken = {self.slot_of[other] for other in conflicts[local] if other in self.slot_of}
            preferred = [self.slot_of[other] for other in copies[local] if other in self.slot_of]
            candidates = [*preferred, *range(len(self.members))]
            for slot in candidates:
                first = self.graph.locals[self.members[slot][0] - LOCAL_BASE]
                if slot not in taken and first.type == kind:
                    self.slot_of[local] = slot
                    self.members[slot].append(local)
                    break
            else:
                self.slot_of[local] = len(self.members)
                self.members.append([local])

    def _interference(self, stored: set[int]) -> tuple[dict[int, set[int]], dict[int, list[int]]]:
        conflicts: dict[int, set[int]] = {local: set() for local in stored}
        copies: dict[int, list[int]] = {local: [] for local in stored}
        for node in self.graph.reachable():
            live = self.liveness.live_out(node)
            for operation in reversed(node.operations):
                if isinstance(operation, Assign) and operation.variable in stored:
                    target, source = operation.variable, self._copied(operation)
                    for other in (live & stored) - {target, source}:
                        conflicts[target].add(other)
                        conflicts[other].add(target)
                    if source in stored:
                        copies[target].append(source)
                        copies[source].append(target)
                live = self.liveness.before_operation(operation, live)
        for number in self.locations:
            alive = self.liveness.live_in[number]
            for local in alive:
                conflicts[local] |= alive - {local}
        return conflicts, copies

    def _copied(self, operation: Assign) -> int:
        return operation.value.variable if isinstance(operation.value, Read) else -1
