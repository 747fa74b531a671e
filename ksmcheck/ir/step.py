"""Steps: what one actor does between two points where another actor may run.

A step is a tree. Its operations run in order; its end says where the actor goes, or splits. Each
path through the tree is one outcome: a new state, a fault, or nothing (the path is not enabled).
The tree is finite and every engine runs it as it stands.
"""

from __future__ import annotations

from enum import Enum

from attrs import frozen

from ksmcheck.ir.expr import Expr
from ksmcheck.ir.source import Frame, Span


@frozen
class Assign:
    """Store ``value`` in ``variable[index]``; a Check before it saw to the range."""

    variable: int
    index: tuple[Expr, ...]
    value: Expr


@frozen
class SetTemp:
    """Remember ``value`` until the step is over."""

    number: int
    value: Expr


@frozen
class Check:
    """When ``condition`` is 0 this outcome is the fault Program.faults[fault]."""

    condition: Expr
    fault: int


@frozen
class Require:
    """When ``condition`` is 0 this outcome does not exist (the actor is blocked on this path)."""

    condition: Expr


@frozen
class Observe:
    """When ``condition`` is not 0 and the outcome is completed, flag ``flag`` has been seen.

    Flags are facts about the whole search (a lock was taken while another was held), no part of
    the state. The condition is evaluated here, where the operation stands.
    """

    flag: int
    condition: Expr


@frozen
class When:
    """Run ``then`` or ``orelse`` and go on after it."""

    condition: Expr
    then: tuple[Operation, ...]
    orelse: tuple[Operation, ...] = ()


Operation = Assign | SetTemp | Check | Require | Observe | When


@frozen
class Goto:
    """The outcome is complete; the actor is now at ``location``."""

    location: int


@frozen
class Branch:
    """Go on with ``then`` if ``condition`` is not 0, else with ``orelse``."""

    condition: Expr
    then: Block
    orelse: Block


@frozen
class Choose:
    """Every arm is an outcome of its own; ``labels`` say what was chosen."""

    labels: tuple[str, ...]
    arms: tuple[Block, ...]


End = Goto | Branch | Choose


@frozen
class Block:
    """Operations in order, then an end."""

    operations: tuple[Operation, ...]
    end: End


class AccessKind(Enum):
    """What a step does to shared memory."""

    LOAD = "load"
    STORE = "store"
    UPDATE = "update"
    LOCAL = "local"
    ATOMIC = "atomic"


@frozen
class Access:
    """The one access to shared memory that a step makes (NONE for purely local steps).

    For an atomic block ``variable`` is None. ``plain`` is False for marked accesses.
    """

    kind: AccessKind
    variable: int | None = None
    index: tuple[Expr, ...] = ()
    plain: bool = False


@frozen
class Step:
    """All that can happen next when ``actor`` is at ``location``.

    ``text`` says it in the words of the source ("page.mapcount", "lock_page(page)"); ``frames`` is
    the inlined call stack, outermost first; ``live`` are the local variables that hold a value here
    (variable number, the name the source gives it).
    """

    actor: int
    location: int
    block: Block
    access: Access
    text: str
    span: Span
    frames: tuple[Frame, ...]
    live: tuple[tuple[int, str], ...] = ()
