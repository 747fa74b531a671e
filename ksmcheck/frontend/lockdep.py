"""Adds the checks that depend on what an actor holds: lock order, sleeping, finishing with a lock.

A forward analysis over the graph finds which locks may be held at each node; only for those is a
check generated, and the check itself looks at the real lock, so it is exact.
"""

from __future__ import annotations

from attrs import define, evolve, field, frozen

from ksmcheck.frontend.cfg import LOCAL_BASE, Exit, Graph, LockEvent, Node
from ksmcheck.frontend.schema import Schema
from ksmcheck.frontend.words import owned
from ksmcheck.ir.expr import TRUE, Const, Expr, Op, Read
from ksmcheck.ir.fold import binary, conjunction, disjunction, negate, reads
from ksmcheck.ir.program import BuiltinCheck
from ksmcheck.ir.step import Assign, Check, Observe, Operation
from ksmcheck.ir.types import LockKind, LockType


def any_read(expression: Expr) -> bool:
    """Whether the expression reads any variable."""
    return next(reads(expression), None) is not None


@frozen
class Held:
    """A lock that may be held; ``index`` is None when it is not known which object's."""

    variable: int
    index: tuple[Expr, ...] | None
    kind: LockKind
    subclass: int


@define
class HeldLocks:
    """The locks that may be held at each node, as sets of bits; ``numbers`` says which bit.

    ``held[node]`` is the set when the node starts, ``rcu`` the nodes that may be inside RCU;
    ``readers`` are the locks whose index reads a local.
    """

    graph: Graph
    numbers: dict[Held, int] = field(factory=dict)
    readers: dict[int, list[Held]] = field(factory=dict)
    held: dict[int, int] = field(factory=dict)
    rcu: set[int] = field(factory=set)

    def run(self) -> None:
        """Go over the nodes until nothing changes."""
        nodes = self.graph.reachable()
        for node in nodes:
            if node.lock is not None and node.lock.acquire:
                self._number(node.lock)
        order = [self.graph.nodes[number] for number in self.graph.postorder()[::-1]]
        steps = [
            (node.number, self._change(node), node.rcu > 0, self.graph.successors(node))
            for node in order
        ]
        self.held = {node.number: 0 for node in nodes}
        changed = True
        while changed:
            changed = False
            for number, change, enters, following in steps:
                after = change.applied(self.held[number]) if change else self.held[number]
                inside = enters or number in self.rcu
                for target in following:
                    if after & ~self.held[target] or (inside and target not in self.rcu):
                        self.held[target] |= after
                        changed = True
                        if inside:
                            self.rcu.add(target)

    def _number(self, event: LockEvent) -> None:
        """Give a bit to the lock that is taken, and to "one of its class" for when that is all

        that is known.
        """
        lock = Held(event.variable, event.index, event.kind, event.subclass)
        if lock not in self.numbers:
            self.numbers[lock] = len(self.numbers)
            for local in {read.variable for item in event.index for read in reads(item)}:
                self.readers.setdefault(local, []).append(lock)
            self.numbers.setdefault(evolve(lock, index=None), len(self.numbers))

    def _change(self, node: Node) -> Change | None:
        """None when the node changes nothing."""
        taken = released = 0
        event = node.lock
        if event is not None and event.acquire:
            taken = self._bit(Held(event.variable, event.index, event.kind, event.subclass))
        elif event is not None:
            for lock in self.numbers:
                if (lock.variable, lock.index) == (event.variable, event.index):
                    released |= self._bit(lock)
        assigned = {item.variable for item in node.operations if isinstance(item, Assign)}
        forgotten = {
            (self._bit(lock), self._bit(evolve(lock, index=None)))
            for local in assigned.union(node.undefines)
            if local >= LOCAL_BASE
            for lock in self.readers.get(local, ())
        }
        if not (taken or released or forgotten):
            return None
        return Change(taken, released, tuple(forgotten))

    def _bit(self, lock: Held) -> int:
        return 1 << self.numbers[lock]


@frozen
class Change:
    """What a node does to the locks that may be held, all as bits.

    ``forgotten`` are the locks of which it is not known any more whose they are, each with the one
    that stands for it from then on.
    """

    taken: int
    released: int
    forgotten: tuple[tuple[int, int], ...]

    def applied(self, held: int) -> int:
        """The locks that may be held after the node, given those before it."""
        held = (held | self.taken) & ~self.released
        for lock, unknown in self.forgotten:
            if held & lock:
                held = held & ~lock | unknown
        return held


@define
class Lockdep:
    """Runs the analysis for one actor and inserts the checks."""

    schema: Schema
    graph: Graph

    def run(self) -> None:
        """Analyse, then insert."""
        analysis = HeldLocks(self.graph)
        analysis.run()
        known: dict[int, list[Held]] = {}
        for node in self.graph.reachable():
            acquires = node.lock is not None and node.lock.acquire and not node.lock.trylock
            if not (node.sleeps or acquires or isinstance(node.end, Exit)):
                continue
            bits = analysis.held[node.number]
            if bits not in known:
                held = [lock for lock, number in analysis.numbers.items() if bits >> number & 1]
                known[bits] = self._known(held)
            node.operations[:0] = self._checks(node, known[bits], node.number in analysis.rcu)

    def _checks(self, node: Node, held: list[Held], rcu: bool) -> list[Operation]:
        result: list[Operation] = []
        if node.sleeps:
            result += self._sleeping(node, held, rcu)
        if node.lock is not None and node.lock.acquire and not node.lock.trylock:
            result += self._order(node.lock, node, held)
        if isinstance(node.end, Exit):
            result += self._finishing(node, held)
        return result

    def _known(self, held: list[Held]) -> list[Held]:
        """The locks to look at, without reading a local: a check must not keep one alive.

        Of which object the lock is does not matter to a check of its class.
        """
        plain = {
            evolve(lock, index=None) if any(map(any_read, lock.index or ())) else lock
            for lock in held
        }
        return sorted(plain, key=repr)

    def _holds(self, lock: Held) -> Expr:
        """Whether this actor really holds the lock, or one of the variable's locks."""
        variable = self.schema.variables[lock.variable]
        assert isinstance(variable.type, LockType)
        indices: list[tuple[Expr, ...]] = [()]
        for size in variable.dims:
            indices = [(*index, Const(i)) for index in indices for i in range(size)]
        if lock.index is not None:
            indices = [lock.index]
        me = self.graph.actor
        return disjunction([owned(variable.type, Read(lock.variable, i), me) for i in indices])

    def _sleeping(self, node: Node, held: list[Held], rcu: bool) -> list[Operation]:
        if BuiltinCheck.SLEEP in self.schema.disabled:
            return []
        result: list[Operation] = []
        for lock in held:
            if lock.kind is LockKind.SPIN:
                name = self.schema.variables[lock.variable].name
                fault = self.schema.fault(
                    BuiltinCheck.SLEEP,
                    "KSM831",
                    f"{node.text} may sleep while the spinlock {name} is held",
                    node.span,
                )
                result.append(Check(negate(self._holds(lock)), fault))
        if rcu:
            depth = Read(self.schema.readers(), (Const(self.graph.actor),))
            fault = self.schema.fault(
                BuiltinCheck.SLEEP,
                "KSM832",
                f"{node.text} may sleep inside an RCU read-side section",
                node.span,
            )
            result.append(Check(binary(Op.EQ, depth, Const(0)), fault))
        return result

    def _classes(
        self, variable: int, index: tuple[Expr, ...] | None, subclass: int
    ) -> list[tuple[str, Expr]]:
        """The lock classes that this may be, each with the condition that it is."""
        declared = self.schema.variables[variable]
        suffix = f"/{subclass}" if subclass else ""
        if "." in declared.name or not declared.dims:
            return [(declared.name + suffix, TRUE)]
        if index is not None and isinstance(index[0], Const):
            return [(f"{declared.name}[{index[0].value}]{suffix}", TRUE)]
        return [
            (
                f"{declared.name}[{cell}]{suffix}",
                TRUE if index is None else binary(Op.EQ, index[0], Const(cell)),
            )
            for cell in range(declared.dims[0])
        ]

    def _order(self, event: LockEvent, node: Node, held: list[Held]) -> list[Operation]:
        if BuiltinCheck.LOCK_ORDER in self.schema.disabled:
            return []
        result: list[Operation] = []
        for lock in held:
            for before, was in self._classes(lock.variable, lock.index, lock.subclass):
                holding = self._holding(lock, before)
                for after, taken in self._classes(event.variable, event.index, event.subclass):
                    condition = conjunction([holding, was, taken])
                    flag = self.schema.edge(before, after, node.span)
                    result.append(Observe(flag, condition))
        return result

    def _holding(self, lock: Held, name: str) -> Expr:
        """That the lock is held; of an array of locks, the cell that ``name`` says."""
        if lock.index is None and name.endswith("]"):
            cell = int(name[name.rindex("[") + 1 : -1])
            return self._holds(Held(lock.variable, (Const(cell),), lock.kind, lock.subclass))
        return self._holds(lock)

    def _finishing(self, node: Node, held: list[Held]) -> list[Operation]:
        if BuiltinCheck.LOCK_USE in self.schema.disabled:
            return []
        result: list[Operation] = []
        for lock in held:
            name = self.schema.variables[lock.variable].name
            fault = self.schema.fault(
                BuiltinCheck.LOCK_USE,
                "KSM823",
                f"actor {self.graph.name} is done and still holds {name}",
                node.span,
            )
            result.append(Check(negate(self._holds(lock)), fault))
        return result
