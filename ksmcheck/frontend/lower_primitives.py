"""Lowers the primitives: each is one access, with the kernel's rules as checks beside it."""

from __future__ import annotations

from collections.abc import Callable

from attrs import define

from ksmcheck.frontend import tree
from ksmcheck.frontend.cfg import LockEvent
from ksmcheck.frontend.ghosts import parts
from ksmcheck.frontend.lower_counters import CounterLowering
from ksmcheck.frontend.vocabulary import ACQUIRE, RELEASE, TRYLOCK, LockMode, Prim
from ksmcheck.frontend.words import owned, owned_shared
from ksmcheck.ir.expr import Const, Expr, Op, Read
from ksmcheck.ir.fold import binary, ite, negate
from ksmcheck.ir.program import BuiltinCheck
from ksmcheck.ir.source import Span
from ksmcheck.ir.step import Access, AccessKind, Assign, Require
from ksmcheck.ir.types import BoolType, LockKind, LockType

LOCK_USE = BuiltinCheck.LOCK_USE


@define
class PrimitiveLowering(CounterLowering):
    """Lowers locks and waiting, and hands the rest to the part of lowering that knows it."""

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
            case Prim.ASSUME:
                self._assume(prim)
            case Prim.MIGHT_SLEEP:
                self._sleep_point(prim.span)
            case Prim.BARRIER:
                self.forget_windows()
            case Prim.DEC_AND_LOCK | Prim.ATOMIC_DEC_AND_LOCK:
                return self._dec_and_lock(prim)
            case _:
                return self.update(prim)
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
        if any(isinstance(part, tree.Asked) for part in parts(condition)):
            self.errors.add(
                "KSM606",
                "wait_until() cannot wait for what a symbol is",
                prim.span,
                "branch on the symbol, and wait for real state",
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

    def _assume(self, prim: tree.Primitive) -> None:
        if not self.setup:
            self.errors.add(
                "KSM208",
                "assume() outside setup would make runs vanish that a kernel has",
                prim.span,
                "to wait, write `wait_until(condition)`; to claim it, `assert condition`",
            )
            return
        self.emit(Require(self.value(prim.arguments[0])))

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
        return owned(lock, state, self.me)

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
            held = owned_shared(lock, state, self.me)
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
        after = binary(Op.SUB, count, Const(1))
        if prim.prim is Prim.DEC_AND_LOCK:
            self.above_zero(count, self.text(prim.span), prim.span)
        else:
            self.shifted(after, -1, prim.place.storage.type, prim.span)
        last = self.temporary(binary(Op.EQ, count, Const(1)), BoolType(), prim.span)
        self.check(
            negate(binary(Op.AND, last, self.holds(lock, state))),
            LOCK_USE,
            "KSM822",
            f"{self.text(prim.span)}: this actor already holds the spinlock",
            prim.span,
        )
        self.emit(Require(binary(Op.OR, negate(last), binary(Op.EQ, state, Const(0)))))
        self.emit(Assign(variable, index, after))
        self.emit(Assign(lock_variable, lock_index, ite(last, Const(self.me + 1), state)))
        self._event(LockEvent(lock_variable, lock_index, lock.kind, LockMode.EXCLUSIVE, True))
        return last


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
        case tree.Asked(operands=fields) | tree.MakeWord(fields=fields):
            return [load for item in fields for load in loads_in(item)]
        case _:
            return []
