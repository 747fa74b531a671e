"""Lowers allocation and RCU: objects that come and go, and who still looks at them."""

from __future__ import annotations

from attrs import define

from ksmcheck.frontend import tree
from ksmcheck.frontend.lower_primitives import PrimitiveLowering
from ksmcheck.frontend.schema import index_of
from ksmcheck.frontend.symbols import Lifetime, StructSymbol
from ksmcheck.frontend.vocabulary import Prim
from ksmcheck.frontend.words import owned
from ksmcheck.ir.expr import Const, Expr, Op, Read
from ksmcheck.ir.fold import binary, conjunction, ite, negate
from ksmcheck.ir.program import BuiltinCheck
from ksmcheck.ir.source import Span
from ksmcheck.ir.step import Access, AccessKind, Assign, Require, When
from ksmcheck.ir.types import BoolType, LockType


@define
class MemoryLowering(PrimitiveLowering):
    """Lowers alloc, free, free_rcu and the RCU primitives."""

    def allocation(self, prim: tree.Primitive) -> Expr:
        """alloc, free, free_rcu."""
        assert prim.struct is not None
        match prim.prim:
            case Prim.ALLOC:
                return self._alloc(prim, prim.struct)
            case Prim.FREE:
                self._free(prim, prim.struct)
            case _:
                self._free_rcu(prim, prim.struct)
        return Const(0)

    def _alloc(self, prim: tree.Primitive, struct: StructSymbol) -> Expr:
        live = self.schema.live(struct)
        if not struct.pool:
            self.errors.add(
                "KSM326",
                f"there is no {struct.name}: its pool is empty",
                prim.span,
                f"add `{struct.name}: N` to the scenario's pools",
            )
        values = [(name, self.settled(value), value) for name, value in prim.fields]
        self.forget_windows()
        self.begin(Access(AccessKind.UPDATE), prim.span, self.text(prim.span))
        if self.here is not None:
            self.here.sleeps = prim.may_sleep
        for name, value, typed in values:
            self.in_range(
                value, typed.type, struct.fields[name].type, typed.span, f"field '{name}'"
            )
        result = self.local("(object)", prim.type or BoolType(), prim.span, temporary=True)
        fields = [(self.schema.field_of(struct, name, prim.span), item) for name, item, _ in values]
        if self.setup:
            self._lowest_free(live, struct.pool, fields, result)
            return Read(result)
        self._any_free(prim, live, fields, result)
        return Read(result)

    def _any_free(
        self, prim: tree.Primitive, live: int, fields: list[tuple[int, Expr]], result: int
    ) -> None:
        """Every free object, or None when there is none."""
        assert prim.struct is not None
        struct = prim.struct
        after = self.node(prim.span)
        starts = [self.node(prim.span) for _ in range(struct.pool + 1)]
        labels = (*struct.object_names, "none is free")
        self.arms(labels, tuple(starts))
        cells = [Read(live, (Const(number),)) for number in range(struct.pool)]
        for number, start in enumerate(starts[:-1]):
            self.here = start
            self.emit(Require(negate(cells[number])))
            self.emit(Assign(live, (Const(number),), Const(1)))
            for variable, value in fields:
                self.emit(Assign(variable, (Const(number),), value))
            self.set_local(result, Const(number + 1))
            self.jump(after)
        self.here = starts[-1]
        self.emit(Require(conjunction(list(cells))))
        self.set_local(result, Const(0))
        self.place_here(after)

    def _lowest_free(
        self, live: int, pool: int, fields: list[tuple[int, Expr]], result: int
    ) -> None:
        """Setup takes the lowest free object.

        Setup describes a state, and which of the equal free objects plays which part in it is a
        name: any other choice is the same state with the objects renamed.
        """
        free: Expr = Const(0)
        for number in reversed(range(pool)):
            free = ite(Read(live, (Const(number),)), free, Const(number + 1))
        self.set_local(result, free)
        for number in range(pool):
            where = (Const(number),)
            given = [Assign(variable, where, value) for variable, value in fields]
            taken = (Assign(live, where, Const(1)), *given)
            self.emit(When(binary(Op.EQ, Read(result), Const(number + 1)), taken))

    def _freeable(self, prim: tree.Primitive, struct: StructSymbol) -> Expr:
        reference = self.settled(prim.arguments[0])
        live = self.schema.live(struct)
        self.forget_windows()
        self.begin(
            Access(AccessKind.UPDATE, live, (index_of(reference),)), prim.span, self.text(prim.span)
        )
        text = self.text(prim.span)
        self.check(
            binary(Op.NE, reference, Const(0)),
            BuiltinCheck.NULL_DEREFERENCE,
            "KSM803",
            f"{text}: the {struct.name} is None",
            prim.span,
        )
        alive = Read(live, (index_of(reference),))
        if struct.name in self.schema.freed_by_rcu:
            waiting = Read(self.schema.pending(struct), (index_of(reference),))
            alive_expr = binary(Op.AND, alive, binary(Op.EQ, waiting, Const(0)))
        else:
            alive_expr = alive
        self.check(
            alive_expr,
            BuiltinCheck.DOUBLE_FREE,
            "KSM802",
            f"{text}: the {struct.name} is already free",
            prim.span,
        )
        self._locks_free(struct, reference, prim.span, text)
        return reference

    def _locks_free(self, struct: StructSymbol, reference: Expr, span: Span, text: str) -> None:
        for name, storage in struct.fields.items():
            if isinstance(storage.type, LockType) and storage.size is None:
                state = Read(self.schema.field_of(struct, name, span), (index_of(reference),))
                self.check(
                    self._may_go(struct, storage.type, state),
                    BuiltinCheck.LOCK_USE,
                    "KSM824",
                    f"{text}: the {struct.name} is freed while its {name} is held",
                    span,
                )

    def _may_go(self, struct: StructSymbol, lock: LockType, state: Expr) -> Expr:
        """Whether nobody holds the lock who needs the object itself.

        In a type-stable slab the lock is a lock whether or not the object is free, as long as its
        holder keeps the slab from going: another actor's RCU section does (page_lock_anon_vma).
        """
        if struct.lifetime is not Lifetime.TYPESAFE:
            return binary(Op.EQ, state, Const(0))
        cases: list[Expr] = []
        for actor in range(len(self.schema.universe.actors)):
            free = negate(owned(lock, state, actor))
            if actor != self.me:
                reading = Read(self.schema.readers(), (Const(actor),))
                free = binary(Op.OR, free, binary(Op.NE, reading, Const(0)))
            cases.append(free)
        return conjunction(cases)

    def _free(self, prim: tree.Primitive, struct: StructSymbol) -> None:
        reference = self._freeable(prim, struct)
        self.emit(Assign(self.schema.live(struct), (index_of(reference),), Const(0)))
        self.scrub(struct, reference, prim.span)

    def scrub(self, struct: StructSymbol, reference: Expr, span: Span) -> None:
        """A freed slab object is forgotten; others keep their last values."""
        if struct.lifetime is not Lifetime.SLAB:
            return
        for name, storage in struct.fields.items():
            variable = self.schema.field_of(struct, name, span)
            initial = self.schema.variables[variable].initial
            for cell in range(storage.size or 1):
                index = (index_of(reference), Const(cell))
                used = index if storage.size is not None else index[:1]
                self.emit(Assign(variable, used, Const(initial)))

    def _free_rcu(self, prim: tree.Primitive, struct: StructSymbol) -> None:
        reference = self._freeable(prim, struct)
        waits = binary(Op.ADD, self._reader_mask(), Const(1))
        self.emit(Assign(self.schema.pending(struct), (index_of(reference),), waits))

    def _reader_mask(self) -> Expr:
        readers = self.schema.readers()
        mask: Expr = Const(0)
        for actor in range(len(self.schema.universe.actors)):
            reading = binary(Op.NE, Read(readers, (Const(actor),)), Const(0))
            mask = binary(Op.ADD, mask, binary(Op.MUL, reading, Const(1 << actor)))
        return mask

    def rcu(self, prim: tree.Primitive) -> Expr:
        """rcu_read_lock, rcu_read_unlock, synchronize_rcu."""
        self.forget_windows()
        match prim.prim:
            case Prim.RCU_READ_LOCK:
                self._read_lock(prim)
            case Prim.RCU_READ_UNLOCK:
                self._read_unlock(prim)
            case _:
                self._synchronize(prim)
        return Const(0)

    def _begin_rcu(self, span: Span, text: str, change: int) -> Read:
        readers = self.schema.readers()
        if self.schema.uses_grace_periods:
            self.begin(Access(AccessKind.UPDATE, readers, (Const(self.me),)), span, text)
        else:
            node = self.node(span)
            node.text = text
            self.place_here(node)
        if self.here is not None:
            self.here.rcu = change
        return Read(readers, (Const(self.me),))

    def _read_lock(self, prim: tree.Primitive) -> None:
        depth = self._begin_rcu(prim.span, "rcu_read_lock()", 1)
        self.check(
            binary(Op.LT, depth, Const(3)),
            BuiltinCheck.OUT_OF_RANGE,
            "KSM804",
            "rcu_read_lock() is nested more than three deep",
            prim.span,
        )
        self.emit(Assign(depth.variable, depth.index, binary(Op.ADD, depth, Const(1))))

    def _read_unlock(self, prim: tree.Primitive) -> None:
        depth = self._begin_rcu(prim.span, "rcu_read_unlock()", -1)
        inside = binary(Op.GT, depth, Const(0))
        self.check(
            inside,
            BuiltinCheck.LOCK_USE,
            "KSM862",
            "rcu_read_unlock() outside an RCU read-side section",
            prim.span,
        )
        self.emit(Assign(depth.variable, depth.index, binary(Op.SUB, depth, Const(1))))
        if self.schema.uses_grace_periods:
            self.emit(When(binary(Op.EQ, depth, Const(0)), tuple(self._leave())))

    def _leave(self) -> list[Assign | When]:
        """Everybody who waits for this reader waits no longer."""
        universe = self.schema.universe
        full = (1 << len(universe.actors)) - 1
        keep = Const(full ^ (1 << self.me))
        result: list[Assign | When] = []
        for actor in range(len(universe.actors)):
            cell = Read(self.schema.grace_periods(), (Const(actor),))
            result.append(Assign(cell.variable, cell.index, binary(Op.BITAND, cell, keep)))
        for name in sorted(self.schema.freed_by_rcu):
            struct = universe.structs[name]
            for number in range(struct.pool):
                waiting = Read(self.schema.pending(struct), (Const(number),))
                mask = binary(Op.BITAND, binary(Op.SUB, waiting, Const(1)), keep)
                less = Assign(waiting.variable, waiting.index, binary(Op.ADD, mask, Const(1)))
                result.append(When(binary(Op.GT, waiting, Const(0)), (less,)))
        return result

    def _synchronize(self, prim: tree.Primitive) -> None:
        waits = self.schema.grace_periods()
        cell = Read(waits, (Const(self.me),))
        self.begin(
            Access(AccessKind.UPDATE, waits, (Const(self.me),)),
            prim.span,
            "synchronize_rcu() starts a grace period",
        )
        if self.here is not None:
            self.here.sleeps = True
        full = (1 << len(self.schema.universe.actors)) - 1
        others = binary(Op.BITAND, self._reader_mask(), Const(full ^ (1 << self.me)))
        self.emit(Assign(waits, (Const(self.me),), others))
        self.begin(
            Access(AccessKind.LOAD, waits, (Const(self.me),)),
            prim.span,
            "synchronize_rcu() waits for the readers",
        )
        self.emit(Require(binary(Op.EQ, cell, Const(0))))

    def rcu_callbacks(self, span: Span) -> None:
        """The body of the implicit daemon that frees what free_rcu() was given."""
        head = self.node(span)
        self.place_here(head)
        structs = [self.schema.universe.structs[name] for name in sorted(self.schema.freed_by_rcu)]
        objects = [(struct, number) for struct in structs for number in range(struct.pool)]
        self.begin(Access(AccessKind.UPDATE), span, "the grace period of a freed object is over")
        starts = tuple(self.node(span) for _ in objects)
        self.arms(tuple(s.object_names[n] for s, n in objects), starts)
        for (struct, number), start in zip(objects, starts, strict=True):
            self.here = start
            waiting = Read(self.schema.pending(struct), (Const(number),))
            self.emit(Require(binary(Op.EQ, waiting, Const(1))))
            self.emit(Assign(waiting.variable, waiting.index, Const(0)))
            self.emit(Assign(self.schema.live(struct), (Const(number),), Const(0)))
            self.scrub(struct, Const(number + 1), span)
            self.jump(head)
