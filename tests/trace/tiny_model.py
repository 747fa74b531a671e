"""Hand-built programs, so that traces can be tested without a front end or an engine.

Two actors add one to page1.refcount. A does it under swap_lock, B without: an update can be lost.
ksmd is a daemon that never moves.
"""

from __future__ import annotations

from collections.abc import Callable

from ksmcheck.backends.evaluator import State
from ksmcheck.explore.result import Finding, FindingKind
from ksmcheck.ir.expr import TRUE, Binary, Const, Expr, Op, Read
from ksmcheck.ir.program import (
    Actor,
    BuiltinCheck,
    Fault,
    Identity,
    Instance,
    LockOrderEdge,
    Program,
    Property,
    PropertyKind,
    Reading,
    Variable,
    VariableKind,
)
from ksmcheck.ir.source import Frame, Span
from ksmcheck.ir.step import (
    Access,
    AccessKind,
    Assign,
    Block,
    Check,
    Goto,
    Observe,
    Operation,
    Require,
    Step,
)
from ksmcheck.ir.types import IntType, LockKind, LockType, RefType
from ksmcheck.trace.describe import Model

REFCOUNT, LOCK, SHADOW, LOCAL_A, LOCAL_B, AT_A, AT_B, AT_KSMD, PAGE = range(9)
ACTORS = ("A", "B", "ksmd")
FILE = "models/tiny.py"
COUNT = Read(REFCOUNT, (Const(0),))


def tiny_program(bug: str = "lost") -> Program:
    """``bug``: which violation can be reached, one of lost, fault, deadlock, order."""
    return Program(
        identity=Identity(
            model="tiny",
            file=FILE,
            question="Can an update of the reference count be lost?",
            kernel="v2.6.35",
            patches=("first-patch",),
            parameters=(("increments", 1),),
            pools=(("Page", 2),),
        ),
        variables=_variables(),
        actors=(
            Actor("A", False, AT_A, _locked_steps(bug)),
            Actor("B", False, AT_B, _bare_steps(bug)),
            Actor("ksmd", True, AT_KSMD, (_blocked_step(),)),
        ),
        setup=Block((Assign(REFCOUNT, (Const(1),), Const(2)),), Goto(0)),
        properties=(_all_counted(),),
        faults=(
            Fault(
                BuiltinCheck.REFCOUNT,
                "KSM812",
                "page.refcount goes past its maximum",
                Span(FILE, 12),
            ),
        ),
        edges=(
            LockOrderEdge("swap_lock", "page lock", Span(FILE, 10)),
            LockOrderEdge("page lock", "swap_lock", Span(FILE, 30)),
        ),
        disabled=(),
        digest="d1",
    )


def follow(model: Model, schedule: str) -> tuple[State, ...]:
    """The path on which the actors move in this order; each takes its first outcome."""
    path = [model.evaluator.initial()[0]]
    for name in schedule:
        actor = ACTORS.index(name)
        after = next(
            outcome.state
            for outcome in model.evaluator.successors(path[-1])
            if outcome.actor == actor and outcome.state is not None
        )
        path.append(after)
    return tuple(path)


def lost_update(model: Model) -> Finding:
    """B reads, A does all of it, B stores: one update is lost."""
    return Finding(FindingKind.PROPERTY, 0, follow(model, "BAAAABB"))


def model_of(bug: str) -> Model:
    """The model in which ``bug`` can be reached."""
    return Model.of(tiny_program(bug))


def _fault(model: Model) -> Finding:
    return Finding(FindingKind.FAULT, 0, follow(model, "BAAA"))


def _deadlock(model: Model) -> Finding:
    return Finding(FindingKind.DEADLOCK, 0, follow(model, "BAAAAB"))


def _cycle(model: Model) -> Finding:
    return Finding(FindingKind.LOCK_ORDER, 1, follow(model, "A"), cycle=(1, 0))


FINDINGS: dict[str, Callable[[Model], Finding]] = {
    "lost": lost_update,
    "fault": _fault,
    "deadlock": _deadlock,
    "order": _cycle,
}


def _variables() -> tuple[Variable, ...]:
    count, page = IntType(0, 3), RefType("Page", ("page1", "page2"))
    lock = LockType(LockKind.SPIN, ACTORS)
    local, at = VariableKind.LOCAL, VariableKind.LOCATION
    return (
        Variable("Page.refcount", count, VariableKind.SHARED, (2,), (("page1", "page2"),)),
        Variable("swap_lock", lock, VariableKind.SHARED),
        Variable("shadow", count, VariableKind.GHOST),
        Variable("A.local0", count, local, actor=0),
        Variable("B.local0", count, local, actor=1),
        Variable("A.location", IntType(0, 4), at, actor=0),
        Variable("B.location", IntType(0, 3), at, actor=1),
        Variable("ksmd.location", IntType(0, 1), at, actor=2),
        Variable("pages", page, VariableKind.SHARED),
    )


def _all_counted() -> Property:
    equal = Binary(Op.EQ, COUNT, Read(SHADOW))
    return Property(
        name="p1_counted",
        sentence="The reference count of a page is the number of references taken.",
        source="KSM.md P8",
        kind=PropertyKind.END,
        instances=(
            Instance(
                (("page", "page1"),),
                equal,
                (
                    Reading("page.refcount", COUNT, IntType(0, 3)),
                    Reading("shadow", Read(SHADOW), IntType(0, 3)),
                ),
            ),
        ),
        witness=TRUE,
        witness_text="True",
        span=Span("properties/tiny.py", 7),
    )


def _step(
    actor: int,
    location: int,
    operations: tuple[Operation, ...],
    access: Access,
    words: tuple[str, int],
    live: tuple[tuple[int, str], ...] = (),
) -> Step:
    text, line = words
    routine = Frame("get_page", "mm/swap.c", Span(FILE, 40 + actor))
    return Step(
        actor=actor,
        location=location,
        block=Block(operations, Goto(location + 1)),
        access=access,
        text=text,
        span=Span(FILE, line),
        frames=(Frame(ACTORS[actor], ""), routine),
        live=live,
    )


def _take_lock(holder: int, bug: str) -> tuple[Operation, ...]:
    free: Expr = Binary(Op.EQ, Read(LOCK), Const(0))
    observed = (Observe(1, TRUE),) if bug == "order" else ()
    return (Require(free), *observed, Assign(LOCK, (), Const(holder + 1)))


def _add_one(local: int) -> tuple[Operation, ...]:
    return (
        Assign(REFCOUNT, (Const(0),), Binary(Op.ADD, Read(local), Const(1))),
        Assign(SHADOW, (), Binary(Op.ADD, Read(SHADOW), Const(1))),
        Assign(local, (), Const(0)),
    )


def _count(kind: AccessKind) -> Access:
    return Access(kind, REFCOUNT, (Const(0),))


def _locked_steps(bug: str) -> tuple[Step, ...]:
    lock = Access(AccessKind.UPDATE, LOCK)
    load, store = _count(AccessKind.LOAD), _count(AccessKind.STORE)
    live = ((LOCAL_A, "count"),)
    release: tuple[Operation, ...] = () if bug == "deadlock" else (Assign(LOCK, (), Const(0)),)
    return (
        _step(0, 0, _take_lock(0, bug), lock, ("spin_lock(swap_lock)", 9)),
        _step(0, 1, (Assign(LOCAL_A, (), COUNT),), load, ("count = page.refcount", 10)),
        _step(0, 2, _add_one(LOCAL_A), store, ("page.refcount = count + 1", 11), live),
        _step(0, 3, release, lock, ("spin_unlock(swap_lock)", 12)),
    )


def _bare_steps(bug: str) -> tuple[Step, ...]:
    load, store = _count(AccessKind.LOAD), _count(AccessKind.STORE)
    live = ((LOCAL_B, "count"),)
    unused = Check(Binary(Op.EQ, COUNT, Const(0)), 0)
    fault: tuple[Operation, ...] = (unused,) if bug == "fault" else ()
    last: tuple[Operation, ...] = _take_lock(1, bug) if bug == "deadlock" else ()
    return (
        _step(1, 0, (Assign(LOCAL_B, (), COUNT),), load, ("count = page.refcount", 20)),
        _step(1, 1, fault + _add_one(LOCAL_B), store, ("page.refcount = count + 1", 21), live),
        _step(1, 2, last, Access(AccessKind.UPDATE, LOCK), ("spin_lock(swap_lock)", 22)),
    )


def _blocked_step() -> Step:
    never = Access(AccessKind.LOAD, SHADOW)
    return _step(2, 0, (Require(Const(0)),), never, ("wait_until(False)", 30))
