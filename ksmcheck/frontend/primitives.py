"""Type-checks the primitives: locks, counters, RCU, allocation, sets."""

from __future__ import annotations

import ast
from abc import abstractmethod

from attrs import define

from ksmcheck.frontend.checker import Checker, type_name
from ksmcheck.frontend.symbols import FunctionKind, StructSymbol
from ksmcheck.frontend.tree import BOOL, Literal, Load, Place, Primitive, Typed
from ksmcheck.frontend.vocabulary import ACQUIRE, NESTED, RELEASE, TRYLOCK, Prim
from ksmcheck.ir.types import BoolType, IntType, LockKind, LockType, RefType, SetType

REFCOUNT_PRIMS = {
    Prim.REFCOUNT_INC: 0,
    Prim.REFCOUNT_DEC: 0,
    Prim.INC_NOT_ZERO: 0,
    Prim.DEC_AND_TEST: 0,
    Prim.FREEZE: 1,
    Prim.UNFREEZE: 1,
    Prim.REFCOUNT_SET: 1,
}
RETURNS_BOOL = frozenset({Prim.INC_NOT_ZERO, Prim.DEC_AND_TEST, Prim.FREEZE})
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
        Prim.RCU_READ_LOCK,
        Prim.RCU_READ_UNLOCK,
        Prim.SYNCHRONIZE_RCU,
        Prim.FREE_RCU,
    }
)


@define
class PrimitiveChecker(Checker):
    """Checks calls of primitives."""

    @abstractmethod
    def place(self, node: ast.expr) -> Place | None:
        """The place that ``node`` names, or None (reported)."""

    def primitive(self, prim: Prim, node: ast.Call) -> Typed:
        """A call of the primitive ``prim``."""
        if self.pure:
            self.fault(
                "KSM402",
                f"{prim.value}() changes the state or waits",
                node,
                "a property only reads",
            )
            return self.unknown(node)
        if prim in SETUP_REFUSES and self.function.kind is FunctionKind.SETUP:
            self.fault(
                "KSM205",
                f"{prim.value}() has no meaning in @setup, which nobody else sees",
                node,
                "let an actor do it",
            )
            return self.unknown(node)
        if prim in (Prim.ALLOC, Prim.FREE, Prim.FREE_RCU):
            return self._allocation(prim, node)
        if node.keywords:
            self.fault("KSM341", f"{prim.value}() takes no keyword argument", node)
        if prim in NO_ARGUMENT:
            self._count(node, prim, 0)
            return Primitive(prim, None, (), None, self.span(node))
        if prim is Prim.WAIT_UNTIL:
            if not self._count(node, prim, 1):
                return self.unknown(node)
            return Primitive(prim, None, (self.condition(node.args[0]),), None, self.span(node))
        return self._on_place(prim, node)

    def _count(self, node: ast.Call, prim: Prim, expected: int) -> bool:
        if len(node.args) != expected:
            self.fault(
                "KSM341",
                f"{prim.value}() takes {expected} argument"
                f"{'' if expected == 1 else 's'}, and {len(node.args)} are given",
                node,
            )
            return False
        return True

    def _on_place(self, prim: Prim, node: ast.Call) -> Typed:
        place = self.place(node.args[0]) if node.args else None
        if place is None:
            if not node.args:
                self._count(node, prim, 1)
            return self.unknown(node)
        if place.storage.ghost:
            self.fault(
                "KSM221",
                f"{prim.value}() on a ghost: the kernel cannot see it",
                node,
                "store to a ghost with a plain assignment",
            )
        if prim in ACQUIRE or prim in TRYLOCK or prim in RELEASE or prim is Prim.DOWNGRADE_WRITE:
            return self._lock(prim, node, place)
        if prim in REFCOUNT_PRIMS or prim is Prim.DEC_AND_LOCK:
            return self._refcount(prim, node, place)
        if prim in INTEGER_PRIMS:
            return self._exchange(prim, node, place)
        if prim in (Prim.TEST_AND_SET, Prim.TEST_AND_CLEAR):
            if self._count(node, prim, 1) and not isinstance(place.storage.type, BoolType):
                self.fault("KSM342", f"{prim.value}() works on a bool", node.args[0])
            return Primitive(prim, place, (), BOOL, self.span(node))
        return self._plain_store(node, place)

    def _lock(self, prim: Prim, node: ast.Call, place: Place) -> Typed:
        nested = prim in NESTED
        if not self._count(node, prim, 2 if nested else 1):
            return self.unknown(node)
        subclass = self.constants.integer(node.args[1], "the subclass") if nested else 0
        table = {**ACQUIRE, **TRYLOCK, **RELEASE}
        wanted = LockKind.RWSEM if prim is Prim.DOWNGRADE_WRITE else table[prim][0]
        kind = place.storage.type
        if not isinstance(kind, LockType) or kind.kind is not wanted:
            self.fault(
                "KSM342",
                f"{prim.value}() works on a {wanted.value}, and this is {type_name(kind)}",
                node.args[0],
            )
        result = BOOL if prim in TRYLOCK else None
        return Primitive(prim, place, (), result, self.span(node), subclass=subclass)

    def _refcount(self, prim: Prim, node: ast.Call, place: Place) -> Typed:
        if not place.storage.refcount:
            self.fault(
                "KSM342",
                f"{prim.value}() works on a Refcount",
                node.args[0],
                "declare the field as `Annotated[Refcount, Max(n)]`",
            )
        if prim is Prim.DEC_AND_LOCK:
            lock = self.place(node.args[1]) if self._count(node, prim, 2) else None
            if lock is not None and lock.storage.type != LockType(
                LockKind.SPIN, self.universe.actors
            ):
                self.fault("KSM342", "dec_and_lock() takes a spinlock", node.args[1])
            return Primitive(prim, place, (), BOOL, self.span(node), lock=lock)
        if not self._count(node, prim, 1 + REFCOUNT_PRIMS[prim]):
            return self.unknown(node)
        arguments = tuple(self.expression(item) for item in node.args[1:])
        for argument, item in zip(arguments, node.args[1:], strict=True):
            self.require_fits(argument, place.storage.type, item, "the counter")
        result = BOOL if prim in RETURNS_BOOL else None
        return Primitive(prim, place, arguments, result, self.span(node))

    def _exchange(self, prim: Prim, node: ast.Call, place: Place) -> Typed:
        if not self._count(node, prim, 1 + INTEGER_PRIMS[prim]):
            return self.unknown(node)
        kind = place.storage.type
        arguments = tuple(self.expression(item) for item in node.args[1:])
        if isinstance(kind, LockType) or place.storage.refcount:
            self.fault(
                "KSM342", f"{prim.value}() does not work on a lock or Refcount", node.args[0]
            )
        if prim in (Prim.FETCH_ADD, Prim.ADD_RETURN):
            if not isinstance(kind, IntType) or not isinstance(arguments[0].type, IntType):
                self.fault("KSM342", f"{prim.value}() works on an int", node)
        else:
            for argument, item in zip(arguments, node.args[1:], strict=True):
                self.require_fits(argument, kind, item, "the place")
        return Primitive(prim, place, arguments, kind, self.span(node))

    def _plain_store(self, node: ast.Call, place: Place) -> Typed:
        if not self._count(node, Prim.PLAIN_STORE, 2):
            return self.unknown(node)
        value = self.expression(node.args[1])
        self.require_fits(value, place.storage.type, node.args[1], "the place")
        return Primitive(Prim.PLAIN_STORE, place, (value,), None, self.span(node))

    def set_change(self, prim: Prim, node: ast.Call, target: ast.expr) -> Typed:
        """``place.add(x)`` or ``place.discard(x)``."""
        place = self.place(target)
        if place is None or not self._count(node, prim, 1):
            return self.unknown(node)
        kind = place.storage.type
        element = self.expression(node.args[0])
        if not isinstance(kind, SetType):
            self.fault("KSM342", f".{prim.value}() works on a Set", target)
        else:
            self.require_fits(element, RefType(kind.struct, kind.names), node.args[0], "a member")
        return Primitive(prim, place, (element,), None, self.span(node))

    def _allocation(self, prim: Prim, node: ast.Call) -> Typed:
        if not self._count(node, prim, 1):
            return self.unknown(node)
        if prim is Prim.ALLOC:
            return self._alloc(node)
        if node.keywords:
            self.fault("KSM341", f"{prim.value}() takes no keyword argument", node)
        target = self.expression(node.args[0])
        if not isinstance(target.type, RefType) or target.type.struct not in self.universe.structs:
            self.fault("KSM342", f"{prim.value}() takes a reference to an object", node.args[0])
            return self.unknown(node)
        struct = self.universe.structs[target.type.struct]
        return Primitive(prim, None, (target,), None, self.span(node), struct=struct)

    def _alloc(self, node: ast.Call) -> Typed:
        first = node.args[0]
        struct = self.lookup(first.id) if isinstance(first, ast.Name) else None
        if not isinstance(struct, StructSymbol):
            self.fault("KSM342", "alloc() takes a struct", first, "write `alloc(Page)`")
            return self.unknown(node)
        fields: list[tuple[str, Typed]] = []
        may_sleep = False
        for keyword in node.keywords:
            if keyword.arg == "may_sleep":
                may_sleep = self.constants.value(keyword.value) is True
            elif keyword.arg in struct.fields:
                storage = struct.fields[keyword.arg]
                value = self.expression(keyword.value)
                if storage.size is not None or isinstance(storage.type, LockType):
                    self.fault(
                        "KSM341",
                        f"alloc() cannot set '{keyword.arg}'",
                        keyword.value,
                        "an array or a lock starts at its default",
                    )
                    continue
                self.require_fits(value, storage.type, keyword.value, f"field '{keyword.arg}'")
                if isinstance(value, Load) and not storage.ghost:
                    self.fault(
                        "KSM204",
                        "alloc() is one access, and this loads another place",
                        keyword.value,
                        "load it into a local first",
                    )
                fields.append((keyword.arg, value))
            else:
                self.fault("KSM302", f"{struct.name} has no field '{keyword.arg}'", keyword.value)
        kind = RefType(struct.name, struct.object_names)
        return Primitive(
            Prim.ALLOC,
            None,
            (),
            kind,
            self.span(node),
            struct=struct,
            fields=tuple(fields),
            may_sleep=may_sleep,
        )

    def false(self, node: ast.AST) -> Literal:
        """The constant False at ``node``."""
        return Literal(0, BOOL, self.span(node))
