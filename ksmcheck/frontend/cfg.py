"""The control-flow graph of one actor, calls inlined: what lowering builds and steps.py cuts up.

A node is a straight run of operations. ``begins`` marks the nodes that access shared memory: a
step starts there. Nodes of one atomic region share its number, and only the first one begins.
Local variables are numbered from LOCAL_BASE; slots.py gives them places in the state vector.
"""

from __future__ import annotations

from attrs import define, field, frozen

from ksmcheck.frontend.vocabulary import LockMode
from ksmcheck.ir.expr import Expr
from ksmcheck.ir.source import Frame, Span
from ksmcheck.ir.step import Access, Operation
from ksmcheck.ir.types import LockKind, ValueType

LOCAL_BASE = 1_000_000


@frozen
class Next:
    """Control goes on at one node."""

    node: int


@frozen
class Fork:
    """Control goes one way or the other."""

    condition: Expr
    then: int
    orelse: int


@frozen
class Arms:
    """Control goes on at any of the nodes."""

    labels: tuple[str, ...]
    nodes: tuple[int, ...]


@frozen
class Exit:
    """The actor is done."""


NodeEnd = Next | Fork | Arms | Exit


@frozen
class LockEvent:
    """A lock is taken or given back at the end of this node."""

    variable: int
    index: tuple[Expr, ...]
    kind: LockKind
    mode: LockMode
    acquire: bool
    trylock: bool = False
    subclass: int = 0


@define(eq=False)
class Node:
    """A run of operations.

    ``waits``: the actor may be stopped here. ``undefines``: locals that hold nothing yet.
    """

    number: int
    span: Span
    frames: tuple[Frame, ...]
    text: str = ""
    operations: list[Operation] = field(factory=list)
    end: NodeEnd | None = None
    begins: bool = False
    access: Access | None = None
    region: int | None = None
    lock: LockEvent | None = None
    sleeps: bool = False
    waits: bool = False
    rcu: int = 0
    undefines: tuple[int, ...] = ()


@frozen
class LocalVariable:
    """A local of one inlined call; ``loop``: what a loop variable is after its loop."""

    name: str
    type: ValueType
    span: Span
    temporary: bool = False
    loop: bool = False


@define
class Graph:
    """One actor's graph; node 0 is the entry."""

    actor: int
    name: str
    nodes: list[Node] = field(factory=list)
    locals: list[LocalVariable] = field(factory=list)

    def successors(self, node: Node) -> tuple[int, ...]:
        """Where control can go from ``node``."""
        match node.end:
            case Next(node=target):
                return (target,)
            case Fork(then=then, orelse=orelse):
                return (then, orelse)
            case Arms(nodes=targets):
                return targets
            case _:
                return ()

    def postorder(self) -> list[int]:
        """The numbers of the reachable nodes, each after those that it leads to, loops aside."""
        seen, order = {0}, []
        stack = [(0, iter(self.successors(self.nodes[0])))]
        while stack:
            number, targets = stack[-1]
            for target in targets:
                if target not in seen:
                    seen.add(target)
                    stack.append((target, iter(self.successors(self.nodes[target]))))
                    break
            else:
                order.append(number)
                stack.pop()
        return order

    def reachable(self) -> list[Node]:
        """The nodes that can be reached from the entry, in order of discovery."""
        seen, order, stack = {0}, [], [0]
        while stack:
            node = self.nodes[stack.pop()]
            order.append(node)
            for target in reversed(self.successors(node)):
                if target not in seen:
                    seen.add(target)
                    stack.append(target)
        return order
