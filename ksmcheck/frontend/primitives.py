"""Type-checks the primitives: locks, counters, read-modify-write accesses, sets, waiting."""

from __future__ import annotations

import ast

from attrs import define

from ksmcheck.frontend.checker import article, shown, type_name
from ksmcheck.frontend.operators import OperatorChecker
from ksmcheck.frontend.places import decided_by_ghost
from ksmcheck.frontend.symbols import Counter, FunctionKind
from ksmcheck.frontend.tree import BOOL, UNKNOWN_TYPE, Place, Primitive, Typed
from ksmcheck.frontend.vocabulary import ACQUIRE, NESTED, RELEASE, TRYLOCK, Prim
from ksmcheck.ir.types import (
    BoolType,
    IntType,
    LockKind,
    LockType,
    RefType,
    SetType,
    SymbolType,
    ValueType,
)

REFCOUNT_PRIMS = {
    Prim.REFCOUNT_INC: 0,
    Prim.REFCOUNT_DEC: 0,
    Prim.INC_NOT_ZERO: 0,
    Prim.DEC_AND_TEST: 0,
    Prim.FREEZE: 1,
    Prim.UNFREEZE: 1,
    Prim.REFCOUNT_SET: 1,
}
ATOMIC_PRIMS = {
    Prim.ATOMIC_SET: 1,
    Prim.ATOMIC_INC: 0,
    Prim.ATOMIC_DEC: 0,
    Prim.ATOMIC_INC_AND_TEST: 0,
    Prim.ATOMIC_DEC_AND_TEST: 0,
    Prim.ATOMIC_ADD_NEGATIVE: 1,
    Prim.ATOMIC_INC_NOT_ZERO: 0,
}
COUNTER_PRIMS = {
    **{prim: (Counter.REFCOUNT, count) for prim, count in REFCOUNT_PRIMS.items()},
    **{prim: (Counter.ATOMIC, count) for prim, count in ATOMIC_PRIMS.items()},
    Prim.DEC_AND_LOCK: (Counter.REFCOUNT, 1),
    Prim.ATOMIC_DEC_AND_LOCK: (Counter.ATOMIC, 1),
}
RETURNS_BOOL = frozenset(
    {
        Prim.INC_NOT_ZERO,
        Prim.DEC_AND_TEST,
        Prim.FREEZE,
        Prim.ATOMIC_INC_AND_TEST,
        Prim.ATOMIC_DEC_AND_TEST,
        Prim.ATOMIC_ADD_NEGATIVE,
        Prim.ATOMIC_INC_NOT_ZERO,
    }
)
INTEGER_PRIMS = {Prim.XCHG: 1, Prim.CMPXCHG: 2, Prim.FETCH_ADD: 1, Prim.ADD_RETURN: 1}
NO_ARGUMENT = frozenset(
    {Prim.RCU_READ_LOCK, Prim.RCU_READ_UNLOCK, Prim.SYNCHRONIZE_RCU, Prim.MIGHT_SLEEP, Prim.BARRIER}
)
SETUP_REFUSES = frozenset(
    set(ACQUIRE)
    | set(TRYLOCK)
    | set(RELEASE)
    | {
        Prim.DOWNGRADE_WRITE,
        Prim.DEC_AND_LOCK,
        Prim.ATOMIC_DEC_AND_LOCK,
        Prim.RCU_READ_LOCK,
        Prim.RCU_READ_UNLOCK,
        Prim.SYNCHRONIZE_RCU,
        Prim.FREE_RCU,
    }
)
LOCK_TABLE = {**ACQUIRE, **TRYLOCK, **RELEASE}


@define
class PrimitiveChecker(OperatorChecker):
    """Checks calls of primitives."""

    def primitive(self, prim: Prim, node: ast.Call) -> Typed:
        """A call of the primitive ``prim`` that is no allocation."""
        if node.keywords:
            self.keyword_fault(
                "KSM341",
                f"{prim.value}() takes no keyword argument",
                node.keywords[0],
                "write the arguments in order, without names",
            )
        if prim in NO_ARGUMENT:
            self.count(node, prim, 0)
            return Primitive(prim, None, (), None, self.span(node))
        if prim in (Prim.WAIT_UNTIL, Prim.ASSUME):
            return self._wait(prim, node)
        return self._on_place(prim, node)

    def usable_here(self, prim: Prim, node: ast.Call) -> bool:
        """Whether this function may call a primitive; reported if not."""
        if self.pure:
            self.fault(
                "KSM402",
                f"{prim.value}() changes the state or waits",
                node,
                "a property only reads",
            )
            return False
        if prim in SETUP_REFUSES and self.function.kind is FunctionKind.SETUP:
            self.fault(
                "KSM205",
                f"{prim.value}() has no meaning in @setup, which nobody else sees",
                node,
                "let an actor do it",
            )
            return False
        return True

    def count(self, node: ast.Call, prim: Prim, expected: int) -> bool:
        """Whether the call has ``expected`` arguments; reported if not."""
        starred = [item for item in node.args if isinstance(item, ast.Starred)]
        if starred:
            self.fault(
                "KSM341",
                "`*` in a call is not part of the language",
                starred[0],
                "write the arguments one by one",
            )
            return False
        if len(node.args) == expected:
            return True
        plural = "" if expected == 1 else "s"
        self.fault(
            "KSM341",
            f"{prim.value}() takes {expected or 'no'} argument{plural}, "
            f"and {len(node.args)} {'is' if len(node.args) == 1 else 'are'} given",
            node,
            f"see `{prim.value}` in docs/language.md",
        )
        return False

    def _wait(self, prim: Prim, node: ast.Call) -> Typed:
        if not self.count(node, prim, 1):
            return self.unknown(node)
        condition = self.condition(node.args[0])
        self.refuse_ghosts((condition,), "when real code goes on")
        return Primitive(prim, None, (condition,), None, self.span(node))

    def _on_place(self, prim: Prim, node: ast.Call) -> Typed:
        if not node.args or isinstance(node.args[0], ast.Starred):
            self.count(node, prim, 1)
            return self.unknown(node)
        place = self.place(node.args[0])
        if place is None or place.storage.type == UNKNOWN_TYPE:
            for item in node.args[1:]:
                self.expression(item)
            return self.unknown(node)
        self._check_place(prim, node, place)
        if prim in LOCK_TABLE or prim is Prim.DOWNGRADE_WRITE:
            return self._lock(prim, node, place)
        if prim in (Prim.DEC_AND_LOCK, Prim.ATOMIC_DEC_AND_LOCK):
            return self._dec_and_lock(prim, node, place)
        if prim in COUNTER_PRIMS:
            return self._count(prim, node, place)
        if prim in INTEGER_PRIMS:
            return self._exchange(prim, node, place)
        if prim in (Prim.TEST_AND_SET, Prim.TEST_AND_CLEAR):
            return self._test_and(prim, node, place)
        return self._plain_store(node, place)

    def _check_place(self, prim: Prim, node: ast.Call, place: Place) -> None:
        if place.storage.size is not None and place.index is None:
            self.fault(
                "KSM335",
                "an array is used one cell at a time",
                node.args[0],
                f"write `{ast.unparse(node.args[0])}[0]`",
            )
        if place.storage.ghost:
            self.fault(
                "KSM221",
                f"{prim.value}() on a ghost: the kernel cannot see it",
                node,
                "store to a ghost with a plain assignment",
            )
        elif decided_by_ghost(place):
            parts = tuple(part for part in (place.object, place.index) if part is not None)
            self.refuse_ghosts(parts, "which place real code uses")

    def _lock(self, prim: Prim, node: ast.Call, place: Place) -> Typed:
        nested = prim in NESTED
        if not self.count(node, prim, 2 if nested else 1):
            return self.unknown(node)
        subclass = self.constants.integer(node.args[1], "the subclass") if nested else 0
        wanted = LockKind.RWSEM if prim is Prim.DOWNGRADE_WRITE else LOCK_TABLE[prim][0]
        kind = place.storage.type
        if not isinstance(kind, LockType) or kind.kind is not wanted:
            lock = type_name(LockType(wanted, ()))
            self.fault(
                "KSM342",
                f"{prim.value}() works on {lock}, and this is {type_name(kind)}",
                node.args[0],
                f"use {same_part(prim, kind.kind)}()" if isinstance(kind, LockType) else "",
            )
        result = BOOL if prim in TRYLOCK else None
        return Primitive(prim, place, (), result, self.span(node), subclass=subclass)

    def _counter(self, prim: Prim, node: ast.Call, place: Place) -> None:
        wanted, _ = COUNTER_PRIMS[prim]
        given = place.storage.counter
        if given is not wanted:
            what = type_name(place.storage.type) if given is None else article(given.value)
            self.fault(
                "KSM342",
                f"{prim.value}() works on {article(wanted.value)}, and this is {what}",
                node.args[0],
                f"declare it as `Annotated[{wanted.value}, Max(n)]`",
            )

    def _dec_and_lock(self, prim: Prim, node: ast.Call, place: Place) -> Typed:
        self._counter(prim, node, place)
        lock = self.place(node.args[1]) if self.count(node, prim, 2) else None
        if lock is None:
            return self.unknown(node)
        if lock.storage.type != LockType(LockKind.SPIN, self.universe.actors):
            self.fault(
                "KSM342",
                f"{prim.value}() takes a spinlock, and this is {type_name(lock.storage.type)}",
                node.args[1],
                "declare it as `SpinLock`",
            )
        return Primitive(prim, place, (), BOOL, self.span(node), lock=lock)

    def _count(self, prim: Prim, node: ast.Call, place: Place) -> Typed:
        self._counter(prim, node, place)
        if not self.count(node, prim, 1 + COUNTER_PRIMS[prim][1]):
            return self.unknown(node)
        if prim is Prim.ATOMIC_ADD_NEGATIVE:
            return self._add(prim, node, place, BOOL)
        arguments = self._values(node, place, "the counter")
        result = BOOL if prim in RETURNS_BOOL else None
        return Primitive(prim, place, arguments, result, self.span(node))

    def _values(self, node: ast.Call, place: Place, what: str) -> tuple[Typed, ...]:
        """The arguments after the place, each of the place's type."""
        arguments = tuple(self.expression(item) for item in node.args[1:])
        for argument, item in zip(arguments, node.args[1:], strict=True):
            self.require_fits(argument, place.storage.type, item, what)
        self.refuse_ghosts(arguments, "what real code stores")
        return arguments

    def _exchange(self, prim: Prim, node: ast.Call, place: Place) -> Typed:
        kind = place.storage.type
        if not self.count(node, prim, 1 + INTEGER_PRIMS[prim]):
            return self.unknown(node)
        refcount = place.storage.counter is Counter.REFCOUNT
        if isinstance(kind, (LockType, SetType)) or refcount:
            self.fault(
                "KSM342",
                f"{prim.value}() does not work on a lock, a Set or a Refcount",
                node.args[0],
                "use the functions of its type",
            )
            return self.unknown(node)
        if prim is Prim.CMPXCHG and isinstance(kind, SymbolType):
            self.fault(
                "KSM601",
                f"cmpxchg() does not compare symbols, and this is {type_name(kind)}",
                node.args[0],
                "the machine compares words: load, compare and store under a lock",
            )
            return self.unknown(node)
        if prim in (Prim.XCHG, Prim.CMPXCHG):
            arguments = self._values(node, place, "the place")
            return Primitive(prim, place, arguments, kind, self.span(node))
        return self._add(prim, node, place, kind)

    def _add(self, prim: Prim, node: ast.Call, place: Place, result: ValueType) -> Typed:
        """A place that a number is added to."""
        kind = place.storage.type
        added = self.expression(node.args[1])
        for value, item in ((kind, node.args[0]), (added.type, node.args[1])):
            if not isinstance(value, IntType) and value != UNKNOWN_TYPE:
                self.fault(
                    "KSM342",
                    f"{prim.value}() works on an int, and this is {type_name(value)}",
                    item,
                    "for a bool there are test_and_set() and test_and_clear()",
                )
                return self.unknown(node)
        self.refuse_ghosts((added,), "what real code stores")
        return Primitive(prim, place, (added,), result, self.span(node))

    def _test_and(self, prim: Prim, node: ast.Call, place: Place) -> Typed:
        if self.count(node, prim, 1) and not isinstance(place.storage.type, BoolType):
            self.fault(
                "KSM342",
                f"{prim.value}() works on a bool, and this is {type_name(place.storage.type)}",
                node.args[0],
                "for other types there is xchg()",
            )
        return Primitive(prim, place, (), BOOL, self.span(node))

    def _plain_store(self, node: ast.Call, place: Place) -> Typed:
        if not self.count(node, Prim.PLAIN_STORE, 2):
            return self.unknown(node)
        kind = place.storage.type
        if isinstance(kind, LockType) or place.storage.counter is not None:
            self.fault(
                "KSM342",
                f"plain_store() does not work on {type_name(kind)} that has functions of its own",
                node.args[0],
                "a lock is taken and released, a Refcount or an Atomic is counted",
            )
            return self.unknown(node)
        value = self._values(node, place, "the place")
        return Primitive(Prim.PLAIN_STORE, place, value, None, self.span(node))

    def set_change(self, prim: Prim, node: ast.Call, target: ast.expr) -> Typed:
        """``place.add(x)`` or ``place.discard(x)``."""
        if not self.usable_here(prim, node):
            return self.unknown(node)
        place = self.place(target)
        if place is None or not self.count(node, prim, 1):
            return self.unknown(node)
        kind = place.storage.type
        element = self.expression(node.args[0])
        if not isinstance(kind, SetType):
            if kind != UNKNOWN_TYPE:
                self.fault(
                    "KSM342",
                    f".{prim.value}() works on a Set, and this is {type_name(kind)}",
                    target,
                    "declare it as `Set[Struct]`",
                )
            return self.unknown(node)
        self.require_fits(
            element, RefType(kind.struct, kind.names, False), node.args[0], "a member"
        )
        if not place.storage.ghost:
            self.refuse_ghosts((element,), "what real code stores")
        return Primitive(prim, place, (element,), None, self.span(node))

    def reference(self, name: str, node: ast.expr) -> tuple[Typed, str] | None:
        """An expression that refers to an object, and its struct; reported if it does not."""
        target = self.expression(node)
        kind = target.type
        if isinstance(kind, RefType) and kind.struct in self.universe.structs:
            return target, kind.struct
        if kind != UNKNOWN_TYPE:
            self.fault(
                "KSM342",
                f"{name}() takes a reference to an object, and this is {shown(target)}",
                node,
                "give a local or a field that refers to one",
            )
        return None


def same_part(prim: Prim, kind: LockKind) -> str:
    """The primitive that plays the part of ``prim`` for another kind of lock."""
    if prim in LOCK_TABLE:
        for table in (ACQUIRE, TRYLOCK, RELEASE):
            if prim in table:
                mode = table[prim][1]
                found = [p for p, (k, m) in table.items() if k is kind and m is mode]
                found = found or [p for p, (k, _) in table.items() if k is kind]
                return found[0].value
    return "its own function"
