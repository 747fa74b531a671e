"""A trace as data: one run of a model, from its initial state to what went wrong.

Everything that a reader needs is in the record, in words and as raw integers, so that a trace can
be printed without the model; replaying it needs the model.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum

from attrs import frozen

from ksmcheck.ir.program import BuiltinCheck, VariableKind
from ksmcheck.ir.step import AccessKind

SCHEMA_VERSION = 1


class ViolationKind(Enum):
    """What sort of thing went wrong: it decides how a replay recognises it."""

    STATE = "state"
    STEP = "step"
    END = "end"
    FAULT = "fault"
    DEADLOCK = "deadlock"
    LOCK_ORDER = "lock-order"


@frozen
class Named:
    """A value with the name of the thing that has it; ``raw`` is the integer of a state."""

    name: str
    value: str
    raw: int


@frozen
class Initial:
    """A shared or ghost value of the initial state; ``given`` when setup chose it."""

    name: str
    value: str
    raw: int
    given: bool


@frozen
class Change:
    """What a step did to one cell of the state, as printed and as raw integers."""

    name: str
    kind: VariableKind
    before: str
    after: str
    raw_before: int
    raw_after: int


@frozen
class Held:
    """A lock that somebody holds, and who does; ``mode`` is ``read`` for readers of an rwsem."""

    lock: str
    holders: tuple[str, ...]
    mode: str


@frozen
class Call:
    """One level of the inlined call stack; ``called_from`` is ``file:line`` or empty."""

    routine: str
    source: str
    called_from: str


@frozen
class TraceStep:
    """One step of one actor.

    ``source`` is the kernel file of the routine, when it names one; ``file`` and ``line`` are in
    the model. ``access`` is what the step does to shared memory, ``text`` the words of the source
    for it, ``choices`` what was chosen on the way. ``read`` is what a load found. ``fault`` is the
    code of the fault that the step ended in. ``locks`` are held after the step.
    """

    actor: str
    routine: str
    calls: tuple[Call, ...]
    source: str
    file: str
    line: int
    access: AccessKind
    text: str
    choices: tuple[str, ...]
    read: Named | None
    changes: tuple[Change, ...]
    locks: tuple[Held, ...]
    fault: str


@frozen
class Binding:
    """One parameter of a property's instance: ``mm = mm1``."""

    name: str
    value: str


@frozen
class Waiting:
    """Where an actor stands in a deadlock; ``lock`` is empty when it waits for a condition."""

    actor: str
    routine: str
    file: str
    line: int
    text: str
    lock: str
    held_by: tuple[str, ...]


@frozen
class OrderEdge:
    """Lock class ``after`` was taken at ``file:line`` while ``before`` was held."""

    before: str
    after: str
    file: str
    line: int


@frozen
class Violation:
    """What went wrong at the end of the trace.

    ``values`` are the parts of the predicate that disagree; ``waiting`` is filled for deadlocks,
    ``cycle`` for lock-order cycles. ``file`` and ``line``: where the property or check is written.
    """

    kind: ViolationKind
    name: str
    code: str
    sentence: str
    source: str
    file: str
    line: int
    bindings: tuple[Binding, ...] = ()
    values: tuple[Named, ...] = ()
    waiting: tuple[Waiting, ...] = ()
    cycle: tuple[OrderEdge, ...] = ()


@frozen
class Trace:
    """A counterexample, complete. ``digest`` identifies the compiled model that it was found in.

    ``values`` say what the symbols stand for in one run of it, e.g. ``Content A < Content B``.
    ``patches`` were in force. ``added`` and ``removed`` are those by which they differed
    from ``kernel`` as it was modelled; None in files that were written before they were kept.
    """

    schema: int
    model: str
    file: str
    digest: str
    kernel: str
    patches: tuple[str, ...]
    parameters: Mapping[str, int]
    disabled_checks: tuple[BuiltinCheck, ...]
    violation: Violation
    actors: tuple[str, ...]
    initial: tuple[Initial, ...]
    steps: tuple[TraceStep, ...]
    values: tuple[str, ...] = ()
    added: tuple[str, ...] | None = None
    removed: tuple[str, ...] | None = None
