"""The shared variables of a model while it is compiled, and the faults and flags collected.

Every struct field, shared variable and piece of bookkeeping gets its number on first use.
"""

from __future__ import annotations

from attrs import define, evolve, field

from ksmcheck.frontend.errors import Errors
from ksmcheck.frontend.symbols import (
    GlobalSymbol,
    Lifetime,
    Storage,
    StructSymbol,
    Universe,
)
from ksmcheck.ir.expr import TRUE, Const, Expr, Op, Read
from ksmcheck.ir.fold import binary
from ksmcheck.ir.program import BuiltinCheck, Fault, LockOrderEdge, Variable, VariableKind
from ksmcheck.ir.source import Span
from ksmcheck.ir.types import BoolType, IntType, RefType, ValueType


@define
class Schema:
    """Variables by name; what lowering shares between all actors and properties.

    ``named`` are the objects (struct, index) that an actor's code names.
    """

    universe: Universe
    errors: Errors
    disabled: frozenset[BuiltinCheck]
    statics: dict[str, int] = field(factory=dict)
    variables: list[Variable] = field(factory=list)
    numbers: dict[str, int] = field(factory=dict)
    faults: list[Fault] = field(factory=list)
    edges: list[LockOrderEdge] = field(factory=list)
    fault_numbers: dict[Fault, int] = field(factory=dict)
    edge_numbers: dict[tuple[str, str], int] = field(factory=dict)
    allocated: set[str] = field(factory=set)
    named: set[tuple[str, int]] = field(factory=set)
    freed_by_rcu: set[str] = field(factory=set)
    uses_grace_periods: bool = False
    uses_rcu: bool = False

    def name(self, kind: ValueType, value: int) -> None:
        """An actor's code has the constant ``value``: what it names can be come to for ever."""
        if isinstance(kind, RefType) and value:
            self.named.add((kind.struct, value - 1))

    def add(self, variable: Variable) -> int:
        """The number of ``variable``; the same name gives the same number."""
        if variable.name not in self.numbers:
            self.numbers[variable.name] = len(self.variables)
            self.variables.append(variable)
        return self.numbers[variable.name]

    def field_of(self, struct: StructSymbol, name: str, span: Span) -> int:
        """The variable of a struct's field: one cell for each object (and array index)."""
        if not struct.pool:
            self.errors.add(
                "KSM326",
                f"there is no {struct.name}: its pool is empty",
                span,
                f"add `{struct.name}: N` to the scenario's pools, or an instance(...)",
            )
        known = self.numbers.get(f"{struct.name}.{name}")
        if known is not None:
            return known
        storage = struct.fields[name]
        dims: tuple[int, ...] = (max(1, struct.pool),)
        labels: tuple[tuple[str, ...], ...] = (struct.object_names,)
        return self.add(self._variable(f"{struct.name}.{name}", storage, dims, labels, 0))

    def shared(self, symbol: GlobalSymbol) -> int:
        """The variable of a module-level declaration."""
        assert symbol.storage is not None
        if symbol.name in self.numbers:
            return self.numbers[symbol.name]
        return self.add(self._variable(symbol.name, symbol.storage, (), (), symbol.initial))

    def _variable(
        self,
        name: str,
        storage: Storage,
        dims: tuple[int, ...],
        labels: tuple[tuple[str, ...], ...],
        initial: int,
    ) -> Variable:
        if storage.size is not None:
            dims = (*dims, storage.size)
            labels = (*labels, tuple(map(str, range(storage.size))))
        kind = VariableKind.GHOST if storage.ghost else VariableKind.SHARED
        held = storage.type
        if isinstance(held, IntType):
            initial = min(max(initial, held.lo), held.hi)
        if isinstance(held, RefType):
            held = evolve(held, nullable=True)  # nothing is stored in it yet
        return Variable(name, held, kind, dims, labels, None, initial)

    def live(self, struct: StructSymbol) -> int:
        """The variable that says which objects of ``struct`` are allocated."""
        return self.add(
            Variable(
                f"{struct.name}.(allocated)",
                BoolType(),
                VariableKind.BOOKKEEPING,
                (max(1, struct.pool),),
                (struct.object_names,),
            )
        )

    def is_live(self, struct: StructSymbol, reference: Expr) -> Expr:
        """Whether the object is allocated; always true when nobody allocates or frees any."""
        if struct.name not in self.allocated:
            return TRUE
        return Read(self.live(struct), (index_of(reference),))

    def readers(self) -> int:
        """How deep each actor is inside RCU read-side sections."""
        self.uses_rcu = True
        count = max(1, len(self.universe.actors))
        return self.add(
            Variable(
                "(rcu readers)",
                IntType(0, 3),
                VariableKind.BOOKKEEPING,
                (count,),
                (self.universe.actors,),
            )
        )

    def grace_periods(self) -> int:
        """For each actor in synchronize_rcu(): the mask of readers it still waits for."""
        count = max(1, len(self.universe.actors))
        return self.add(
            Variable(
                "(rcu waits for)",
                IntType(0, (1 << count) - 1),
                VariableKind.BOOKKEEPING,
                (count,),
                (self.universe.actors,),
            )
        )

    def pending(self, struct: StructSymbol) -> int:
        """For each object given to free_rcu(): 1 + the mask of readers it waits for; else 0."""
        count = max(1, len(self.universe.actors))
        return self.add(
            Variable(
                f"{struct.name}.(rcu pending)",
                IntType(0, 1 << count),
                VariableKind.BOOKKEEPING,
                (max(1, struct.pool),),
                (struct.object_names,),
            )
        )

    def fault(self, check: BuiltinCheck, code: str, message: str, span: Span) -> int:
        """The number of a fault; equal faults share one."""
        fault = Fault(check, code, message, span)
        if fault not in self.fault_numbers:
            self.fault_numbers[fault] = len(self.faults)
            self.faults.append(fault)
        return self.fault_numbers[fault]

    def edge(self, before: str, after: str, span: Span) -> int:
        """The number of the flag "``after`` was taken while ``before`` was held"."""
        if (before, after) not in self.edge_numbers:
            self.edge_numbers[before, after] = len(self.edges)
            self.edges.append(LockOrderEdge(before, after, span))
        return self.edge_numbers[before, after]

    def permanent(self, struct: StructSymbol) -> bool:
        """True when touching a free object of ``struct`` is no fault."""
        return struct.lifetime is Lifetime.PERMANENT


def index_of(reference: Expr) -> Expr:
    """The 0-based index of a reference that is not None."""
    return binary(Op.SUB, reference, Const(1))
