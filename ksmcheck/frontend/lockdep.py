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


@frozen
class Held:
    """A lock that may be held; ``index`` is None when it is not known which object's."""

    variable: int
    index: tuple[Expr, ...] | None
    kind: LockKind
    subclass: int


@frozen
class Facts:
    """What may hold at a point: the locks, and being inside RCU."""

    held: frozenset[Held] = frozenset()
    rcu: bool = False

    def join(self, other: Facts) -> Facts:
        return Facts(self.held | other.held, self.rcu or other.rcu)


@define
class Lockdep:
    """Runs the analysis for one actor and inserts the checks."""

    schema: Schema
    graph: Graph
    facts: dict[int, Facts] = field(factory=dict)

    def run(self) -> None:
        """Analyse, then insert."""
        self._analyse()
        for node in self.graph.reachable():
            before = self.facts.get(node.number, Facts())
            node.operations[:0] = self._checks(node, before)

    def _analyse(self) -> None:
        self.facts[0] = Facts()
        work = [0]
        while work:
            node = self.graph.nodes[work.pop()]
            after = self._transfer(node, self.facts[node.number])
            for target in self.graph.successors(node):
                known = self.facts.get(target)
                joined = after if known is None else known.join(after)
                if joined != known:
                    self.facts[target] = joined
                    work.append(target)

    def _transfer(self, node: Node, facts: Facts) -> Facts:
        held = set(facts.held)
        event = node.lock
        if event is not None:
            if event.acquire:
                held.add(Held(event.variable, event.index, event.kind, event.subclass))
            else:
                held = {h for h in held if (h.variable, h.index) != (event.variable, event.index)}
        assigned = {
            item.variable
            for item in node.operations
            if isinstance(item, Assign) and item.variable >= LOCAL_BASE
        } | set(node.undefines)
        forgotten = {h for h in held if h.index is not None and self._reads(h.index) & assigned}
        for lock in forgotten:
            held.discard(lock)
            held.add(Held(lock.variable, None, lock.kind, lock.subclass))
        rcu = facts.rcu or node.rcu > 0
        return Facts(frozenset(held), rcu)

    def _reads(self, index: tuple[Expr, ...]) -> set[int]:
        return {read.variable for item in index for read in reads(item)}

    def _checks(self, node: Node, facts: Facts) -> list[Operation]:
        result: list[Operation] = []
        held = self._known(facts)
        if node.sleeps:
            result += self._sleeping(node, held, facts.rcu)
        if node.lock is not None and node.lock.acquire and not node.lock.trylock:
            result += self._order(node.lock, node, held)
        if isinstance(node.end, Exit):
            result += self._finishing(node, held)
        return result

    def _known(self, facts: Facts) -> list[Held]:
        """The locks to look at, without reading a local: a check must not keep one alive.

        Of which object the lock is does not matter to a check of its class.
        """
        plain = {
            evolve(lock, index=None) if lock.index and self._reads(lock.index) else lock
            for lock in facts.held
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
