"""How fast the python engine runs a lock-heavy model of about 150 cells.

    python bench/engine.py [--states 300000] [--profile]

Prints transitions per second (search only), bytes stored for a state, and the packed size. The
model: actors move references between pages, each access under the page's bit lock and a shared
spinlock, with reference counts, lock-order flags, invariants and a step property.
"""

from __future__ import annotations

import argparse
import cProfile
import pstats

from attrs import frozen

from ksmcheck.backends.python.layout import lay_out
from ksmcheck.explore.options import SearchOptions
from ksmcheck.explore.python_engine import PythonEngine
from ksmcheck.explore.result import SearchResult
from ksmcheck.ir.expr import TRUE, Binary, Const, Expr, Ite, Op, Read, Temp
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
    Variable,
    VariableKind,
)
from ksmcheck.ir.source import Span
from ksmcheck.ir.step import (
    Access,
    AccessKind,
    Assign,
    Block,
    Branch,
    Check,
    Choose,
    Goto,
    Observe,
    Operation,
    Require,
    SetTemp,
    Step,
)
from ksmcheck.ir.types import BoolType, IntType, LockKind, LockType, RefType, ValueType

PAGES = 10
ACTORS = 4
SPAN = Span("bench.py", 1)


def binary(op: Op, left: Expr, right: Expr | int) -> Expr:
    """``left op right``, where the right side may be a number."""
    return Binary(op, left, Const(right) if isinstance(right, int) else right)


@frozen
class Schema:
    """The numbers of the variables: fields of pages, then globals, then four for each actor."""

    locked: int = 0
    refcount: int = 1
    mapcount: int = 2
    content: int = 3
    owner: int = 4
    dirty: int = 5
    live: int = 6
    shadow: int = 7
    padding: int = 8
    lru_lock: int = 9
    tree_lock: int = 10
    cursor: int = 11
    first_local: int = 12

    def location(self, actor: int) -> int:
        return self.first_local + 4 * actor

    def page(self, actor: int) -> int:
        return self.first_local + 4 * actor + 1

    def value(self, actor: int) -> int:
        return self.first_local + 4 * actor + 2

    def spare(self, actor: int) -> int:
        return self.first_local + 4 * actor + 3


SCHEMA = Schema()


def variables() -> tuple[Variable, ...]:
    """The schema's variables: 10 pages of 13 fields, locks, locals: about 150 cells."""
    names = tuple(f"page{number}" for number in range(PAGES))
    actors = tuple(f"actor{number}" for number in range(ACTORS))
    page = RefType("Page", names)

    def field(name: str, kind: ValueType, initial: int = 0) -> Variable:
        return Variable(name, kind, VariableKind.SHARED, (PAGES,), (names,), initial=initial)

    def lock(name: str, kind: LockKind) -> Variable:
        return Variable(name, LockType(kind, actors), VariableKind.SHARED)

    shared = [
        field("page.locked", LockType(LockKind.BIT, actors)),
        field("page.refcount", IntType(0, 7), 1),
        field("page.mapcount", IntType(0, 3)),
        field("page.content", IntType(0, 3)),
        field("page.owner", RefType("Actor", actors)),
        field("page.dirty", BoolType()),
        field("page.live", BoolType(), 1),
        field("page.shadow", IntType(0, 3)),
        Variable("page.slots", IntType(0, 15), VariableKind.SHARED, (PAGES, 5), (names, ("",) * 5)),
        lock("lru_lock", LockKind.SPIN),
        lock("tree_lock", LockKind.MUTEX),
        Variable("cursor", page, VariableKind.SHARED, initial=1),
    ]
    for number, actor in enumerate(actors):
        shared += [
            Variable(f"{actor}.pc", IntType(0, 20), VariableKind.LOCATION, actor=number),
            Variable(f"{actor}.page", page, VariableKind.LOCAL, actor=number),
            Variable(f"{actor}.value", IntType(0, 7), VariableKind.LOCAL, actor=number),
            Variable(f"{actor}.spare", page, VariableKind.LOCAL, actor=number),
        ]
    return tuple(shared)


def field_of(actor: int, field: int) -> Read:
    """The field of the page that ``actor`` works on."""
    return Read(field, (binary(Op.SUB, Read(SCHEMA.page(actor)), 1),))


def store(actor: int, field: int, value: Expr) -> Assign:
    """Store to the field of the page that ``actor`` works on."""
    return Assign(field, (binary(Op.SUB, Read(SCHEMA.page(actor)), 1),), value)


def not_freed(actor: int) -> Check:
    """The check before every access to a page."""
    null = binary(Op.NE, Read(SCHEMA.page(actor)), 0)
    return Check(Binary(Op.AND, null, field_of(actor, SCHEMA.live)), 0)


def step(target: int, *operations: Operation) -> Block:
    """A block that runs ``operations`` and goes to ``target``."""
    return Block(operations, Goto(target))


def take(target: int, flag: int, lock: int, held: int, actor: int) -> Block:
    """Take a global lock when it is free; flag says that the other one is held already."""
    return step(
        target,
        Require(binary(Op.EQ, Read(lock), 0)),
        Observe(flag, binary(Op.EQ, Read(held), actor + 1)),
        Assign(lock, (), Const(actor + 1)),
    )


def actor_blocks(actor: int) -> list[Block]:
    """Pick a page, lock it, use it, unlock it, then note it in the cursor; forever."""
    s = SCHEMA
    page_lock = field_of(actor, s.locked)
    taken = binary(Op.EQ, Read(s.tree_lock), actor + 1)
    picks = tuple(
        step(1, Assign(s.page(actor), (), Const(page + 1))) for page in (actor, (actor + 1) % 4)
    )
    return [
        Block((), Choose(("this", "next"), picks)),
        take(2, 0, s.tree_lock, s.lru_lock, actor),
        step(
            3,
            not_freed(actor),
            Require(binary(Op.EQ, page_lock, 0)),
            Observe(1, taken),
            store(actor, s.locked, Const(actor + 1)),
        ),
        *use_page(actor),
        step(8, Check(binary(Op.EQ, page_lock, actor + 1), 2), store(actor, s.locked, Const(0))),
        step(9, Check(taken, 2), Assign(s.tree_lock, (), Const(0))),
        take(10, 2, s.lru_lock, s.tree_lock, actor),
        step(11, Assign(s.spare(actor), (), Read(s.cursor))),
        step(12, Assign(s.cursor, (), Read(s.page(actor)))),
        step(
            0,
            Assign(s.lru_lock, (), Const(0)),
            Assign(s.spare(actor), (), Const(0)),
            Assign(s.page(actor), (), Const(0)),
        ),
    ]


def use_page(actor: int) -> list[Block]:
    """Locations 3 to 6: take a reference, read, write, drop the reference."""
    s = SCHEMA
    count = field_of(actor, s.refcount)
    written = binary(Op.MOD, binary(Op.ADD, Read(s.value(actor)), 1), 4)
    get = Branch(
        binary(Op.GT, Temp(0), 0),
        Block((store(actor, s.refcount, binary(Op.ADD, Temp(0), 1)),), Goto(4)),
        Block((), Goto(8)),
    )
    return [
        Block((not_freed(actor), SetTemp(0, count), Check(binary(Op.LT, Temp(0), 7), 1)), get),
        step(5, not_freed(actor), Assign(s.value(actor), (), field_of(actor, s.content))),
        step(
            6,
            not_freed(actor),
            store(actor, s.content, written),
            store(actor, s.shadow, written),
            store(actor, s.dirty, TRUE),
        ),
        step(
            7,
            not_freed(actor),
            Check(binary(Op.GT, count, 0), 1),
            store(actor, s.refcount, binary(Op.SUB, count, 1)),
            Assign(s.value(actor), (), Const(0)),
        ),
    ]


def properties() -> tuple[Property, ...]:
    """Content is the shadow, counts stay positive, a dirty page never becomes clean."""
    s = SCHEMA

    def every(predicate: list[Expr], name: str, kind: PropertyKind) -> Property:
        instances = tuple(
            Instance((("page", f"page{number}"),), item) for number, item in enumerate(predicate)
        )
        witness = binary(Op.NE, Read(s.content, (Const(0),)), 0)
        return Property(name, name, "", kind, instances, witness, "", SPAN)

    def at(field: int, page: int, old: bool = False) -> Read:
        return Read(field, (Const(page),), old)

    pages = range(PAGES)
    return (
        every([binary(Op.EQ, at(s.content, p), at(s.shadow, p)) for p in pages], "shadow", STATE),
        every([binary(Op.GE, at(s.refcount, p), 1) for p in pages], "counted", STATE),
        every(
            [Ite(at(s.dirty, p, old=True), at(s.dirty, p), TRUE) for p in pages],
            "stays dirty",
            PropertyKind.STEP,
        ),
    )


STATE = PropertyKind.STATE


def lock_heavy() -> Program:
    """The model as a Program."""
    actors = tuple(
        Actor(
            f"actor{number}",
            daemon=True,
            location=SCHEMA.location(number),
            steps=tuple(
                Step(number, place, block, Access(AccessKind.ATOMIC), "", SPAN, ())
                for place, block in enumerate(actor_blocks(number))
            ),
        )
        for number in range(ACTORS)
    )
    checks = (BuiltinCheck.USE_AFTER_FREE, BuiltinCheck.REFCOUNT, BuiltinCheck.LOCK_USE)
    return Program(
        identity=Identity("lock-heavy", "bench.py", "", "", (), (), (("Page", PAGES),)),
        variables=variables(),
        actors=actors,
        setup=Block((), Goto(0)),
        properties=properties(),
        faults=tuple(Fault(check, "KSM8", check.value, SPAN) for check in checks),
        edges=(
            LockOrderEdge("lru_lock", "tree_lock", SPAN),
            LockOrderEdge("tree_lock", "page", SPAN),
            LockOrderEdge("tree_lock", "lru_lock", SPAN),
        ),
        disabled=(),
        digest="bench",
    )


def report(program: Program, result: SearchResult) -> str:
    """The numbers, one line each."""
    layout = lay_out(program)
    rate = result.transitions / result.seconds
    overhead = result.bytes_per_state - layout.size
    return "\n".join(
        [
            f"{sum(item.cells for item in program.variables)} cells, {layout.size} bytes packed",
            f"{result.stop_reason.value}: {result.states} states, {result.transitions} transitions"
            f" in {result.seconds:.2f} s, compiled in {result.compile_seconds:.3f} s",
            f"{rate:,.0f} transitions/s, {result.states / result.seconds:,.0f} states/s",
            f"{result.bytes_per_state:.0f} bytes/state ({overhead:.0f} over the packed size),"
            f" peak {result.peak_memory_bytes / 1e6:.0f} MB",
            f"findings: {[(item.kind.value, item.index, item.depth) for item in result.findings]}",
        ]
    )


def main() -> None:
    """Run the benchmark once."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--states", type=int, default=300_000)
    parser.add_argument("--profile", action="store_true")
    chosen = parser.parse_args()
    program, engine = lock_heavy(), PythonEngine()
    options = SearchOptions(max_states=chosen.states)
    if not chosen.profile:
        print(report(program, engine.search(program, options)))
        return
    profile = cProfile.Profile()
    result = profile.runcall(engine.search, program, options)
    print(report(program, result))
    pstats.Stats(profile).sort_stats("tottime").print_stats(15)


if __name__ == "__main__":
    main()
