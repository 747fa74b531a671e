"""Lowers the primitives: each is one access, with the kernel's rules as checks beside it."""

from __future__ import annotations

from collections.abc import Callable

from attrs import define

from ksmcheck.frontend import tree
from ksmcheck.frontend.cfg import LockEvent
from ksmcheck.frontend.lower_expressions import ExpressionLowering, bit_of
from ksmcheck.frontend.vocabulary import ACQUIRE, RELEASE, TRYLOCK, LockMode, Prim
from ksmcheck.ir.expr import TRUE, Const, Expr, Op, Read
from ksmcheck.ir.fold import binary, ite, negate
from ksmcheck.ir.program import BuiltinCheck
from ksmcheck.ir.source import Span
from ksmcheck.ir.step import Access, AccessKind, Assign, Require
from ksmcheck.ir.types import BoolType, IntType, LockKind, LockType, ValueType

REFCOUNT = BuiltinCheck.REFCOUNT
LOCK_USE = BuiltinCheck.LOCK_USE


@define
class PrimitiveLowering(ExpressionLowering):
    """Lowers locks, counters and read-modify-write accesses."""

    def primitive(self, prim: tree.Primitive) -> Expr:
        """Lower a primitive; gives its value (or 0)."""
        kind = prim.prim
        if kind in ACQUIRE or kind in TRYLOCK or kind in RELEASE or kind is Prim.DOWNGRADE_WRITE:
            return self._lock(prim)
        match kind:
            case Prim.ALLOC | Prim.FREE | Prim.FREE_RCU:
                return self.allocation(prim)
            case Prim.RCU_READ_LOCK | Prim.RCU_READ_UNLOCK | Prim.SYNCHRONIZE_RCU:
                return self.rcu(prim)
            case Prim.WAIT_UNTIL:
                return self._wait(prim)
            case Prim.MIGHT_SLEEP:
                self._sleep_point(prim.span)
            case Prim.BARRIER:
                self.forget_windows()
            case Prim.DEC_AND_LOCK:
                return self._dec_and_lock(prim)
            case _:
                return self._update(prim)
        return Const(0)

    def allocation(self, prim: tree.Primitive) -> Expr:
        """alloc, free, free_rcu: lowered in lower_memory.py."""
        raise AssertionError(prim)

    def rcu(self, prim: tree.Primitive) -> Expr:
        """RCU primitives: lowered in lower_memory.py."""
        raise AssertionError(prim)

    def _sleep_point(self, span: Span) -> None:
        node = self.node(span)
        node.text = self.text(span)
        node.sleeps = True
        self.place_here(node)

    def _wait(self, prim: tree.Primitive) -> Expr:
        condition = prim.arguments[0]
        loads = loads_in(condition)
        if len(loads) > 1 and self.region is None:
            self.errors.add(
                "KSM202",
                "wait_until() loads more than one place, and a step makes one access",
                prim.span,
                'load the rest into locals first, or put it in `with atomic("reason"):`',
            )
        access = Access(AccessKind.LOAD)
        if loads and all(map(self.is_simple, parts_of(loads[0].place))):
            variable, index, _ = self.resolve(loads[0].place)
            access = Access(AccessKind.LOAD, variable, index)
        self.begin(access, prim.span, self.text(prim.span))
        if self.here is not None:
            self.here.waits = True
        self._in_one_step(lambda: self.emit(Require(self.value(condition))))
        self.forget_windows()
        return Const(0)

    def _in_one_step(self, lower: Callable[[], None]) -> None:
        """Lower something so that its loads belong to the step that has just begun."""
        outer = self.region
        if outer is None:
            self.regions += 1
            self.region = self.regions
            if self.here is not None:
                self.here.region = self.region
        lower()
        after = None if self.here is None else self.here.span
        self.region = outer
        if after is not None:
            self.place_here(self.node(after))

    def _lock(self, prim: tree.Primitive) -> Expr:
        assert prim.place is not None
        variable, index, parts = self.resolve(prim.place)
        self.forget_windows()
        self.begin(Access(AccessKind.UPDATE, variable, index), prim.span, self.lock_text(prim))
        self.guard(prim.place, parts)
        lock = prim.place.storage.type
        assert isinstance(lock, LockType)
        state = Read(variable, index)
        if prim.prim in RELEASE:
            return self._release(prim, variable, index, lock, state)
        if prim.prim is Prim.DOWNGRADE_WRITE:
            return self._downgrade(prim, variable, index, lock, state)
        trylock = prim.prim in TRYLOCK
        kind, mode = (TRYLOCK if trylock else ACQUIRE)[prim.prim]
        self._event(LockEvent(variable, index, kind, mode, True, trylock, prim.subclass))
        if self.here is not None:
            self.here.sleeps = kind.sleeps and not trylock
        free, taken = self._acquisition(lock, mode, state)
        if trylock:
            result = self.temporary(free, BoolType(), prim.span)
            self.emit(Assign(variable, index, ite(result, taken, state)))
            return result
        self.check(
            negate(self.holds(lock, state)),
            LOCK_USE,
            "KSM822",
            f"{self.lock_text(prim)}: this actor already holds the {kind.value}",
            prim.span,
        )
        self.emit(Require(free))
        self.emit(Assign(variable, index, taken))
        return Const(0)

    def lock_text(self, prim: tree.Primitive) -> str:
        """The call in words, also for the release at the end of a `with`."""
        assert prim.place is not None
        return f"{prim.prim.value}({self.text(prim.place.span)})"

    def _event(self, event: LockEvent) -> None:
        if self.here is not None:
            self.here.lock = event

    def holds(self, lock: LockType, state: Expr) -> Expr:
        """Whether this actor holds the lock whose state is ``state``."""
        if lock.kind is not LockKind.RWSEM:
            return binary(Op.EQ, state, Const(self.me + 1))
        writer = Const((1 << len(lock.actors)) + self.me)
        return binary(Op.OR, binary(Op.EQ, state, writer), self._reads(lock, state))

    def _reads(self, lock: LockType, state: Expr) -> Expr:
        mask = binary(Op.BITAND, state, Const(1 << self.me))
        shared = binary(Op.LT, state, Const(1 << len(lock.actors)))
        return binary(Op.AND, shared, binary(Op.NE, mask, Const(0)))

    def _acquisition(self, lock: LockType, mode: LockMode, state: Expr) -> tuple[Expr, Expr]:
        """(may it be taken, the state once taken)."""
        if lock.kind is not LockKind.RWSEM:
            return binary(Op.EQ, state, Const(0)), Const(self.me + 1)
        if mode is LockMode.EXCLUSIVE:
            return binary(Op.EQ, state, Const(0)), Const((1 << len(lock.actors)) + self.me)
        free = binary(Op.LT, state, Const(1 << len(lock.actors)))
        return free, binary(Op.BITOR, state, Const(1 << self.me))

    def _release(
        self,
        prim: tree.Primitive,
        variable: int,
        index: tuple[Expr, ...],
        lock: LockType,
        state: Expr,
    ) -> Expr:
        kind, mode = RELEASE[prim.prim]
        self._event(LockEvent(variable, index, kind, mode, False))
        if lock.kind is not LockKind.RWSEM:
            held, after = self.holds(lock, state), Const(0)
        elif mode is LockMode.SHARED:
            held = self._reads(lock, state)
            after_value = binary(Op.SUB, state, Const(1 << self.me))
            self._not_held(prim, held, kind)
            self.emit(Assign(variable, index, after_value))
            return Const(0)
        else:
            held = binary(Op.EQ, state, Const((1 << len(lock.actors)) + self.me))
            after = Const(0)
        self._not_held(prim, held, kind)
        self.emit(Assign(variable, index, after))
        return Const(0)

    def _not_held(self, prim: tree.Primitive, held: Expr, kind: LockKind) -> None:
        self.check(
            held,
            LOCK_USE,
            "KSM821",
            f"{self.lock_text(prim)}: this actor does not hold the {kind.value}",
            prim.span,
        )

    def _downgrade(
        self,
        prim: tree.Primitive,
        variable: int,
        index: tuple[Expr, ...],
        lock: LockType,
        state: Expr,
    ) -> Expr:
        held = binary(Op.EQ, state, Const((1 << len(lock.actors)) + self.me))
        self._event(LockEvent(variable, index, lock.kind, LockMode.EXCLUSIVE, True, trylock=True))
        self._not_held(prim, held, lock.kind)
        self.emit(Assign(variable, index, Const(1 << self.me)))
        return Const(0)

    def _dec_and_lock(self, prim: tree.Primitive) -> Expr:
        assert prim.place is not None
        assert prim.lock is not None
        variable, index, parts = self.resolve(prim.place)
        lock_variable, lock_index, lock_parts = self.resolve(prim.lock)
        lock = prim.lock.storage.type
        assert isinstance(lock, LockType)
        self.forget_windows()
        self.begin(Access(AccessKind.UPDATE, variable, index), prim.span, self.text(prim.span))
        self.guard(prim.place, parts)
        self.guard(prim.lock, lock_parts)
        count, state = Read(variable, index), Read(lock_variable, lock_index)
        self.check(
            binary(Op.GT, count, Const(0)),
            REFCOUNT,
            "KSM811",
            f"{self.text(prim.span)}: the count falls below zero",
            prim.span,
        )
        last = self.temporary(binary(Op.EQ, count, Const(1)), BoolType(), prim.span)
        self.check(
            negate(binary(Op.AND, last, self.holds(lock, state))),
            LOCK_USE,
            "KSM822",
            f"{self.text(prim.span)}: this actor already holds the spinlock",
            prim.span,
        )
        self.emit(Require(binary(Op.OR, negate(last), binary(Op.EQ, state, Const(0)))))
        self.emit(Assign(variable, index, binary(Op.SUB, count, Const(1))))
        self.emit(Assign(lock_variable, lock_index, ite(last, Const(self.me + 1), state)))
        self._event(LockEvent(lock_variable, lock_index, lock.kind, LockMode.EXCLUSIVE, True))
        return last

    def _update(self, prim: tree.Primitive) -> Expr:
        assert prim.place is not None
        place = prim.place
        if place.storage.ghost:
            variable, index, parts = self.ghost_place(place)
            arguments = [self.pure(item) for item in prim.arguments]
        else:
            variable, index, parts = self.resolve(place)
            arguments = [self.settled(item) for item in prim.arguments]
            plain = prim.prim is Prim.PLAIN_STORE
            stores = plain or prim.prim is Prim.REFCOUNT_SET
            kind = AccessKind.STORE if stores else AccessKind.UPDATE
            self.begin(Access(kind, variable, index, plain), prim.span, self.text(prim.span))
        self.guard(place, parts)
        before = Read(variable, index)
        after, result = self._effect(prim, before, arguments, place.storage.type)
        value = self.temporary(result, prim.type, prim.span) if prim.type else Const(0)
        self.emit(Assign(variable, index, after))
        return value

    def _effect(
        self, prim: tree.Primitive, before: Expr, arguments: list[Expr], kind: ValueType
    ) -> tuple[Expr, Expr]:
        """(the value stored, the primitive's result); checks are emitted."""
        text, span = self.text(prim.span), prim.span
        match prim.prim:
            case Prim.XCHG | Prim.PLAIN_STORE | Prim.REFCOUNT_SET:
                self.in_range(arguments[0], prim.arguments[0].type, kind, span, "the place")
                return arguments[0], before
            case Prim.CMPXCHG:
                equal = binary(Op.EQ, before, arguments[0])
                after = ite(equal, arguments[1], before)
                given = prim.arguments[1].type
                source = IntType(min(kind.lo, given.lo), max(kind.hi, given.hi)) if given else kind
                self.in_range(after, source, kind, span, "the place")
                return after, before
            case Prim.FETCH_ADD | Prim.ADD_RETURN:
                after = binary(Op.ADD, before, arguments[0])
                self.in_range(after, self._sum_range(kind, prim), kind, span, "the place")
                return after, before if prim.prim is Prim.FETCH_ADD else after
            case Prim.TEST_AND_SET:
                return TRUE, before
            case Prim.TEST_AND_CLEAR:
                return Const(0), before
            case Prim.SET_ADD | Prim.SET_DISCARD:
                return self._member(prim, before, arguments[0]), Const(0)
            case _:
                return self._count(prim, before, arguments, kind, text)

    def _sum_range(self, kind: ValueType, prim: tree.Primitive) -> ValueType:
        added = prim.arguments[0].type
        assert added is not None
        return IntType(kind.lo + added.lo, kind.hi + added.hi)

    def _member(self, prim: tree.Primitive, before: Expr, element: Expr) -> Expr:
        self.check(
            binary(Op.NE, element, Const(0)),
            BuiltinCheck.NULL_DEREFERENCE,
            "KSM803",
            f"{self.text(prim.span)}: None is no member of a pool",
            prim.span,
        )
        bit = bit_of(element)
        if prim.prim is Prim.SET_ADD:
            return binary(Op.BITOR, before, bit)
        present = binary(Op.BITAND, before, bit)
        return binary(Op.SUB, before, present)

    def _count(
        self, prim: tree.Primitive, before: Expr, arguments: list[Expr], kind: ValueType, text: str
    ) -> tuple[Expr, Expr]:
        span = prim.span
        below = binary(Op.GT, before, Const(0))
        match prim.prim:
            case Prim.REFCOUNT_INC:
                from_zero = f"{text}: the count is incremented from zero"
                self.check(below, REFCOUNT, "KSM813", from_zero, span)
                self._below_maximum(before, kind, text, span)
                return binary(Op.ADD, before, Const(1)), Const(0)
            case Prim.INC_NOT_ZERO:
                self._below_maximum(before, kind, text, span)
                return ite(below, binary(Op.ADD, before, Const(1)), before), below
            case Prim.REFCOUNT_DEC | Prim.DEC_AND_TEST:
                self.check(below, REFCOUNT, "KSM811", f"{text}: the count falls below zero", span)
                return binary(Op.SUB, before, Const(1)), binary(Op.EQ, before, Const(1))
            case Prim.FREEZE:
                equal = binary(Op.EQ, before, arguments[0])
                return ite(equal, Const(0), before), equal
            case _:
                frozen = binary(Op.EQ, before, Const(0))
                self.check(frozen, REFCOUNT, "KSM814", f"{text}: the count is not frozen", span)
                self.in_range(arguments[0], prim.arguments[0].type, kind, span, "the count")
                return arguments[0], Const(0)

    def _below_maximum(self, before: Expr, kind: ValueType, text: str, span: Span) -> None:
        self.check(
            binary(Op.LT, before, Const(kind.hi)),
            REFCOUNT,
            "KSM812",
            f"{text}: the count passes its maximum {kind.hi}",
            span,
        )


def parts_of(place: tree.Place) -> list[tree.Typed]:
    """The expressions that say which object and which cell a place is."""
    return [part for part in (place.object, place.index) if part is not None]


def loads_in(typed: tree.Typed) -> list[tree.Load]:
    """The loads of shared, real state in an expression without calls."""
    match typed:
        case tree.Load(ghost=ghost, place=place):
            inner = loads_in(place.object) if place.object is not None else []
            inner += loads_in(place.index) if place.index is not None else []
            return inner if ghost else [*inner, typed]
        case tree.Arithmetic(left=left, right=right) | tree.Lazy(left=left, right=right):
            return loads_in(left) + loads_in(right)
        case tree.Negation(operand=operand) | tree.IsVariant(operand=operand):
            return loads_in(operand)
        case tree.WordField(operand=operand) | tree.SetSize(operand=operand):
            return loads_in(operand)
        case tree.Contains(element=element, set=members):
            return loads_in(element) + loads_in(members)
        case tree.Conditional(condition=condition, then=then, orelse=orelse):
            return loads_in(condition) + loads_in(then) + loads_in(orelse)
        case tree.MakeWord(fields=fields):
            return [load for item in fields for load in loads_in(item)]
        case _:
            return []
