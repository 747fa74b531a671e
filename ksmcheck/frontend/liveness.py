"""Which locals still matter at each node, which never reach a step boundary, and who shares a slot.

Works on one actor's graph. Assignments whose value nobody reads are dropped. A local that is
alive at some location needs a slot in the state vector; locals of one type that are never alive
together share one.
"""

from __future__ import annotations

from collections.abc import Iterator

from attrs import define, field

from ksmcheck.frontend.cfg import LOCAL_BASE, Fork, Graph, Node
from ksmcheck.frontend.errors import Errors
from ksmcheck.ir.expr import Expr, Read
from ksmcheck.ir.fold import operation_expressions, reads
from ksmcheck.ir.step import Assign, Operation


def bits_read(expressions: tuple[Expr, ...]) -> int:
    """The local variables that expressions read, as a set of bits."""
    found = 0
    for expression in expressions:
        for read in reads(expression):
            if read.variable >= LOCAL_BASE:
                found |= 1 << read.variable - LOCAL_BASE
    return found


def members(bits: int) -> Iterator[int]:
    """The local variables in a set of bits, ascending."""
    while bits:
        lowest = bits & -bits
        yield LOCAL_BASE + lowest.bit_length() - 1
        bits ^= lowest


def assigned_bit(operation: Operation) -> int:
    """The local that an operation assigns, as a set of bits; empty for all others."""
    if isinstance(operation, Assign) and operation.variable >= LOCAL_BASE:
        return 1 << operation.variable - LOCAL_BASE
    return 0


@define
class Liveness:
    """``live_in[node]``: the locals whose value may still be read when the node starts.

    Sets of locals are sets of bits, because there are thousands of nodes and hundreds of locals.
    """

    graph: Graph
    live_in: dict[int, int] = field(factory=dict)
    ends: dict[int, int] = field(factory=dict)
    read_by: dict[int, int] = field(factory=dict)
    following: dict[int, tuple[int, ...]] = field(factory=dict)

    def run(self) -> None:
        """Compute live_in, and drop assignments that nobody reads, until neither changes."""
        order = [self.graph.nodes[number] for number in self.graph.postorder()]
        for node in order:
            self.following[node.number] = self.graph.successors(node)
            self.ends[node.number] = (
                bits_read((node.end.condition,)) if isinstance(node.end, Fork) else 0
            )
            for operation in node.operations:
                self.read_by[id(operation)] = bits_read(operation_expressions(operation))
        while True:
            self._solve(order)
            if not self._drop_dead(order):
                return

    def _solve(self, order: list[Node]) -> None:
        effects = [
            (node.number, self.following[node.number], self._before(node, 0), self._assigned(node))
            for node in order
        ]
        live_in = self.live_in = dict.fromkeys(self.following, 0)
        changed = True
        while changed:
            changed = False
            for number, following, reads_first, assigned in effects:
                live = self.ends[number]
                for target in following:
                    live |= live_in[target]
                if assigned:
                    live ^= live & assigned
                if reads_first:
                    live |= reads_first
                if live != live_in[number]:
                    live_in[number] = live
                    changed = True

    def _assigned(self, node: Node) -> int:
        found = 0
        for operation in node.operations:
            found |= assigned_bit(operation)
        return found

    def live_out(self, node: Node) -> int:
        """The locals alive when the node ends, its branch condition not yet evaluated."""
        live = self.ends[node.number]
        for target in self.following[node.number]:
            live |= self.live_in[target]
        return live

    def _before(self, node: Node, live: int) -> int:
        """The locals alive before the node's operations, given those alive after them."""
        for operation in reversed(node.operations):
            live = self.before_operation(operation, live)
        return live

    def before_operation(self, operation: Operation, live: int) -> int:
        """The locals alive before one operation."""
        return live ^ (live & assigned_bit(operation)) | self.read_by[id(operation)]

    def _drop_dead(self, nodes: list[Node]) -> bool:
        dropped = False
        for node in nodes:
            if not node.operations:
                continue
            live = self.live_out(node)
            kept: list[Operation] = []
            for operation in reversed(node.operations):
                assigns = assigned_bit(operation)
                if assigns and not assigns & live:
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
                if self.live_in[node.number] >> number - LOCAL_BASE & 1:
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
        stored = 0
        for number in self.locations:
            stored |= self.liveness.live_in[number]
        conflicts, copies = self._interference(stored)
        for local in members(stored):
            kind = self.graph.locals[local - LOCAL_BASE].type
            taken = {self.slot_of[x] for x in members(conflicts[local]) if x in self.slot_of}
            preferred = [self.slot_of[other] for other in copies[local] if other in self.slot_of]
            for slot in (*preferred, *range(len(self.members))):
                first = self.graph.locals[self.members[slot][0] - LOCAL_BASE]
                if slot not in taken and first.type == kind:
                    self.slot_of[local] = slot
                    self.members[slot].append(local)
                    break
            else:
                self.slot_of[local] = len(self.members)
                self.members.append([local])

    def _interference(self, stored: int) -> tuple[dict[int, int], dict[int, list[int]]]:
        conflicts = dict.fromkeys(members(stored), 0)
        copies: dict[int, list[int]] = {local: [] for local in conflicts}
        for node in self.graph.reachable():
            live = self.liveness.live_out(node)
            for operation in reversed(node.operations):
                bit = assigned_bit(operation)
                if bit & stored:
                    assert isinstance(operation, Assign)
                    target, source = operation.variable, self._copied(operation)
                    copied = 1 << source - LOCAL_BASE if source >= LOCAL_BASE else 0
                    conflicts[target] |= live & stored & ~bit & ~copied
                    if copied & stored:
                        copies[target].append(source)
                        copies[source].append(target)
                live = self.liveness.before_operation(operation, live)
        for number in self.locations:
            alive = self.liveness.live_in[number]
            for local in members(alive):
                conflicts[local] |= alive & ~(1 << local - LOCAL_BASE)
        for local, others in tuple(conflicts.items()):
            for other in members(others):
                conflicts[other] |= 1 << local - LOCAL_BASE
        return conflicts, copies

    def _copied(self, operation: Assign) -> int:
        return operation.value.variable if isinstance(operation.value, Read) else -1
