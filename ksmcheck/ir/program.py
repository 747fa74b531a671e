"""A compiled model: schema, actors, properties, faults. Pure data, the waist of the tool."""

from __future__ import annotations

from enum import Enum

from attrs import field, frozen

from ksmcheck.ir.expr import TRUE, Expr
from ksmcheck.ir.source import Span
from ksmcheck.ir.step import Block, Step
from ksmcheck.ir.types import LockType, ValueType


class VariableKind(Enum):
    """What a state variable is for."""

    SHARED = "shared"
    GHOST = "ghost"
    LOCAL = "local"
    LOCATION = "location"
    BOOKKEEPING = "bookkeeping"


@frozen
class Variable:
    """A state variable: a scalar (``dims == ()``) or an array of equal cells.

    ``labels`` gives, for each dimension, how its indices are printed (the objects' names, or the
    array's indices). ``actor`` owns a LOCAL or LOCATION variable. All cells start at ``initial``;
    ``Program.setup`` runs after that.
    """

    name: str
    type: ValueType
    kind: VariableKind
    dims: tuple[int, ...] = ()
    labels: tuple[tuple[str, ...], ...] = ()
    actor: int | None = None
    initial: int = 0

    @property
    def cells(self) -> int:
        """How many integers this variable takes in a flat state vector."""
        total = 1
        for size in self.dims:
            total *= size
        return total


@frozen
class Actor:
    """``location`` is the number of its LOCATION variable; it starts at location 0.

    ``steps[i]`` is the step at location i; location ``len(steps)`` means done.
    """

    name: str
    daemon: bool
    location: int
    steps: tuple[Step, ...]

    @property
    def done(self) -> int:
        return len(self.steps)


class BuiltinCheck(Enum):
    """The checks that run in every model; the value is the name that switches one off."""

    USE_AFTER_FREE = "use-after-free"
    DOUBLE_FREE = "double-free"
    NULL_DEREFERENCE = "null-dereference"
    OUT_OF_RANGE = "out-of-range"
    REFCOUNT = "refcount"
    LOCK_USE = "lock-use"
    SLEEP = "sleep-in-atomic"
    LOCK_ORDER = "lock-order"
    DEADLOCK = "deadlock"
    DATA_RACE = "data-race"
    RCU_REUSE = "rcu-reuse"
    LEAK = "leak"
    ASSERTION = "assertion"


@frozen
class Fault:
    """What a Check reports: ``code`` is stable (``KSM801``), ``message`` one sentence."""

    check: BuiltinCheck
    code: str
    message: str
    span: Span


@frozen
class LockOrderEdge:
    """Flag of the same number: a lock of class ``after`` was taken while ``before`` was held."""

    before: str
    after: str
    span: Span


class PropertyKind(Enum):
    """Where a property must be true."""

    STATE = "state"
    STEP = "step"
    END = "end"


@frozen
class Instance:
    """A property for one choice of its parameters, e.g. (("mm", "mm1"), ("address", "0")).

    ``reads`` names the values that the predicate looks at, for the report when it is false.
    """

    bindings: tuple[tuple[str, str], ...]
    predicate: Expr
    reads: tuple[Reading, ...] = ()


@frozen
class Reading:
    """A sub-expression of a predicate as the source writes it, with its type for printing.

    It means something only where ``guard`` is true: the branch of the predicate that reads it.
    """

    text: str
    expression: Expr
    type: ValueType
    guard: Expr = TRUE


@frozen
class Property:
    """A sentence and a predicate; every instance's predicate must be true where it applies:

    STATE: in every reachable state; STEP: over every transition (predicates may read the old
    state); END: in every state in which all finite actors are done.
    ``witness`` must be true in some such state (or step), or the verdict is vacuous; None for the
    built-in checks, which need none. ``check`` is set for a built-in check stated as a predicate.
    """

    name: str
    sentence: str
    source: str
    kind: PropertyKind
    instances: tuple[Instance, ...]
    witness: Expr | None
    witness_text: str
    span: Span
    check: BuiltinCheck | None = None
    code: str = ""


@frozen
class Patch:
    """A kernel patch that a model knows: see models/kernel/patches.py."""

    id: str
    commit: str
    title: str
    date: str
    release: str
    summary: str


@frozen
class Expectation:
    """A verdict that the scenario file declares for one kernel, patch set and parameters.

    ``patches`` are added to those of the kernel, ``without`` are taken away; ``disabled`` are the
    built-in checks that are switched off for it.
    """

    kernel: str
    patches: tuple[str, ...]
    parameters: tuple[tuple[str, int], ...]
    verdict: str
    property: str
    without: tuple[str, ...] = ()
    disabled: tuple[BuiltinCheck, ...] = ()


@frozen
class Identity:
    """Which model this is, in which configuration.

    ``patches`` are those in force; ``added`` and ``removed`` tell them from those that the
    model knows of ``kernel``. ``kernel_note`` says when that version is outside of what it knows.
    """

    model: str
    file: str
    question: str
    kernel: str
    patches: tuple[str, ...]
    parameters: tuple[tuple[str, int], ...]
    pools: tuple[tuple[str, int], ...]
    added: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    kernel_note: str = ""


@frozen
class Program:
    """Everything an engine, a trace or a report needs to know of a model.

    ``setup`` gives the initial states (its outcomes, with every actor at location 0; its Goto
    targets mean nothing). ``edges[i]`` explains flag i. ``locks`` are the lock variables.
    ``disabled`` are the built-in checks that were switched off.
    """

    identity: Identity
    variables: tuple[Variable, ...]
    actors: tuple[Actor, ...]
    setup: Block
    properties: tuple[Property, ...]
    faults: tuple[Fault, ...]
    edges: tuple[LockOrderEdge, ...]
    disabled: tuple[BuiltinCheck, ...]
    digest: str

    def locks(self) -> tuple[tuple[int, LockType], ...]:
        """The lock variables: (variable number, its lock type)."""
        return tuple(
            (number, variable.type)
            for number, variable in enumerate(self.variables)
            if isinstance(variable.type, LockType)
        )

    def over(self, state: tuple[int, ...], offsets: tuple[int, ...]) -> bool:
        """True when every finite actor is done in the flat state vector ``state``."""
        return all(
            actor.daemon or state[offsets[actor.location]] == actor.done for actor in self.actors
        )

    def offsets(self) -> tuple[int, ...]:
        """Where each variable's first cell is in a flat state vector (one int for each cell)."""
        position, result = 0, []
        for variable in self.variables:
            result.append(position)
            position += variable.cells
        return tuple(result)


@frozen
class Same:
    """A program that is equal to itself only: comparing programs costs more than most answers."""

    program: Program = field(eq=id)
