"""Cuts an actor's graph into steps: one location for each shared access, local work fused.

Takes the graph with its ``begins`` marks; gives the locations in order of discovery and, for
each, the tree of what happens until the next one.
"""

from __future__ import annotations

from attrs import define, field

from ksmcheck.frontend.cfg import Arms, Exit, Fork, Graph, Next, Node
from ksmcheck.frontend.errors import Errors
from ksmcheck.ir.expr import Expr
from ksmcheck.ir.step import (
    Access,
    AccessKind,
    Block,
    Branch,
    Choose,
    Goto,
    Operation,
    When,
)

MAXIMAL_TREE = 5000


@define
class Cutter:
    """Cuts one graph. ``location_of[node]`` numbers the nodes where a step starts."""

    graph: Graph
    errors: Errors
    location_of: dict[int, int] = field(factory=dict)
    chains: dict[int, Chain] = field(factory=dict)
    size: int = 0

    def mark(self) -> None:
        """Make sure every cycle has a location, and that nothing happens before location 0."""
        while self._mark_cycle():
            pass
        node, busy = self._entry(), False
        while not node.begins and isinstance(node.end, Next):
            busy = busy or bool(node.operations)
            node = self.graph.nodes[node.end.node]
        busy = busy or bool(node.operations)
        if not node.begins and (busy or not isinstance(node.end, Exit)):
            self._make_local(self._entry())

    def _entry(self) -> Node:
        """Where the actor really starts: nodes that do nothing are passed over."""
        node = self.graph.nodes[0]
        while not node.begins and not node.operations and isinstance(node.end, Next):
            node = self.graph.nodes[node.end.node]
        return node

    def _make_local(self, node: Node) -> None:
        node.text = self._words(node)
        node.begins = True
        node.access = Access(AccessKind.LOCAL)

    def _words(self, node: Node) -> str:
        """What local work is called: the first thing in it that has words."""
        seen: set[int] = set()
        while not node.text and isinstance(node.end, Next) and node.number not in seen:
            seen.add(node.number)
            node = self.graph.nodes[node.end.node]
        return node.text if node.text and not node.begins else "local work"

    def _mark_cycle(self) -> bool:
        """Find a cycle without a location and make its head one."""
        done: set[int] = set()
        for start in self.graph.reachable():
            path: list[int] = []
            on_path: set[int] = set()
            stack: list[tuple[int, bool]] = [(start.number, False)]
            while stack:
                number, leaving = stack.pop()
                if leaving:
                    on_path.discard(path.pop())
                    done.add(number)
                    continue
                if number in on_path:
                    return self._cut_cycle(self.graph.nodes[number])
                if number in done:
                    continue
                path.append(number)
                on_path.add(number)
                stack.append((number, True))
                for target in self.graph.successors(self.graph.nodes[number]):
                    if not self.graph.nodes[target].begins:
                        stack.append((target, False))
        return False

    def _cut_cycle(self, node: Node) -> bool:
        if node.region is not None:
            self.errors.add(
                "KSM203",
                "a loop inside an atomic block has no bound",
                node.span,
                "write `for x in pool(X)` or `for i in range(n)`, which is unrolled",
            )
            self.errors.stop_if_any()
        self._make_local(node)
        return True

    def locations(self) -> list[Node]:
        """Number the locations from the entry; the actor's last location number means done."""
        order: list[Node] = []
        work = [self._entry()]
        if isinstance(work[0].end, Exit) and not work[0].begins:
            return []
        while work:
            node = work.pop(0)
            if node.number in self.location_of:
                continue
            self.location_of[node.number] = len(order)
            order.append(node)
            work.extend(self._next_locations(node))
        return order

    def _next_locations(self, start: Node) -> list[Node]:
        found: list[Node] = []
        seen: set[tuple[int, bool]] = set()
        stack = [(start.number, False)]
        while stack:
            number, accessed = stack.pop()
            node = self.graph.nodes[number]
            if node.begins:
                if accessed:
                    found.append(node)
                    continue
                accessed = True
            if (number, accessed) in seen:
                continue
            seen.add((number, accessed))
            stack.extend((target, accessed) for target in reversed(self.graph.successors(node)))
        return found

    def tree(self, start: Node) -> Block:
        """The step that starts at ``start``."""
        self.size = 0
        return self._block(start.number, False)

    def _block(self, number: int, accessed: bool) -> Block:
        operations: list[Operation] = []
        self.size += 1
        while True:
            node = self.graph.nodes[number]
            if node.begins:
                if accessed:
                    return self._goto(number, operations)
                accessed = True
            operations += node.operations
            match node.end:
                case Next(node=target):
                    number = target
                case Fork(condition=condition, then=then, orelse=orelse):
                    merged = self._merge(condition, then, orelse)
                    if merged is not None and accessed:
                        operations.append(merged[0])
                        number = merged[1]
                        continue
                    self._limit(node)
                    return Block(
                        tuple(operations),
                        Branch(
                            condition,
                            self._block(then, accessed),
                            self._block(orelse, accessed),
                        ),
                    )
                case Arms(labels=labels, nodes=nodes):
                    self._limit(node)
                    arms = tuple(self._block(target, accessed) for target in nodes)
                    return Block(tuple(operations), Choose(labels, arms))
                case _:
                    return self._goto(None, operations)

    def _goto(self, number: int | None, operations: list[Operation]) -> Block:
        location = len(self.location_of) if number is None else self.location_of[number]
        return Block(tuple(operations), Goto(location))

    def _limit(self, node: Node) -> None:
        if self.size > MAXIMAL_TREE:
            self.errors.add(
                "KSM206",
                "too many branches in one step",
                node.span,
                "split the atomic block, or compute in a loop over a pool",
            )
            self.errors.stop_if_any()

    def _merge(self, condition: Expr, then: int, orelse: int) -> tuple[Operation, int] | None:
        """A branch whose sides meet again without a step in between, and where they meet."""
        left, right = self._chain(then), self._chain(orelse)
        for number, before in left.prefixes.items():
            if number in right.prefixes:
                return When(condition, before, right.prefixes[number]), number
        return None

    def _chain(self, start: int) -> Chain:
        if start not in self.chains:
            self.chains[start] = self._follow(start)
        return self.chains[start]

    def _follow(self, start: int) -> Chain:
        chain = Chain()
        number = start
        operations: tuple[Operation, ...] = ()
        while number not in chain.prefixes:
            chain.prefixes[number] = operations
            node = self.graph.nodes[number]
            if node.begins:
                break
            operations = (*operations, *node.operations)
            match node.end:
                case Next(node=target):
                    number = target
                case Fork(condition=condition, then=then, orelse=orelse):
                    merged = self._merge(condition, then, orelse)
                    if merged is None:
                        break
                    operations = (*operations, merged[0])
                    number = merged[1]
                case _:
                    break
        return chain


@define
class Chain:
    """The nodes reached from one node without choice, each with the operations before it."""

    prefixes: dict[int, tuple[Operation, ...]] = field(factory=dict)
