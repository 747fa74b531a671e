"""Type-checks places: fields of objects, cells of arrays, shared variables, and loads from them."""

from __future__ import annotations

import ast

from attrs import define, evolve

from ksmcheck.diagnostics import did_you_mean
from ksmcheck.frontend.checker import Checker, shown, type_name
from ksmcheck.frontend.names import unknown_value
from ksmcheck.frontend.symbols import GlobalSymbol, StructSymbol, Unresolved
from ksmcheck.frontend.tree import UNKNOWN_TYPE, Load, Place, Typed
from ksmcheck.ir.types import IntType, LockType, RefType, WordType

PLACES = "a place is `object.field`, `array[i]` or a shared variable"


@define
class PlaceChecker(Checker):
    """Checks what can be loaded and stored."""

    def place(self, node: ast.expr) -> Place | None:
        """The place that ``node`` names: a field, an array's cell, a shared variable."""
        match node:
            case ast.Attribute(value=value):
                return self.field_place(node, self.expression(value))
            case ast.Name(id=name):
                return self._shared(node, name)
            case ast.Subscript(value=value, slice=index):
                return self._cell(node, value, index)
            case _:
                self.fault("KSM336", "this is no place in memory", node, PLACES)
                return None

    def _shared(self, node: ast.Name, name: str) -> Place | None:
        if name in self.locals and name not in self.shared_names:
            if self.locals[name] != UNKNOWN_TYPE:
                self.fault(
                    "KSM336", f"'{name}' is a local, which no other actor can see", node, PLACES
                )
            return None
        symbol = self.lookup(name)
        match symbol:
            case GlobalSymbol(storage=storage) if storage is not None:
                return Place(symbol, "", None, None, storage, self.span(node))
            case Unresolved():
                pass
            case None if name not in self.shared_names:
                message, hint = unknown_value(name, self.scope, self.locals)
                self.fault("KSM301", message, node, hint)
            case None:
                pass  # `global name` was reported
            case _:
                self.fault("KSM336", f"'{name}' is no shared variable", node, PLACES)
        return None

    def field_place(self, node: ast.Attribute, base: Typed) -> Place | None:
        """``base.field`` as a place."""
        kind = base.type
        if kind == UNKNOWN_TYPE:
            return None
        if isinstance(kind, WordType):
            self.fault(
                "KSM336",
                f"{type_name(kind)} is loaded and stored as a whole",
                node,
                f"build a new one: `{kind.variants[0].name}(...)`" if kind.variants else "",
            )
            return None
        if not isinstance(kind, RefType) or kind.struct not in self.universe.structs:
            self.fault(
                "KSM337",
                f"{shown(base)} has no fields",
                node.value,
                "only a reference to a struct has fields",
            )
            return None
        struct = self.universe.structs[kind.struct]
        if node.attr not in struct.fields:
            self._no_field(node, struct)
            return None
        return Place(struct, node.attr, base, None, struct.fields[node.attr], self.span(node))

    def _no_field(self, node: ast.Attribute, struct: StructSymbol) -> None:
        whole = self.span(node)
        place = evolve(
            whole,
            line=whole.end_line,
            column=max(0, whole.end_column - len(node.attr.encode())),
        )
        hint = did_you_mean(node.attr, struct.fields) or f"declare it in struct {struct.name}"
        self.errors.add("KSM302", f"{struct.name} has no field '{node.attr}'", place, hint)

    def _cell(self, node: ast.Subscript, array: ast.expr, index: ast.expr) -> Place | None:
        base = self.place(array)
        value = self.expression(index)
        if base is None:
            return None
        size = base.storage.size
        if size is None or base.index is not None:
            if base.storage.type != UNKNOWN_TYPE:
                self.fault(
                    "KSM335",
                    "only an array is indexed",
                    node,
                    "declare it as `Annotated[Array[T], Size(N)]`",
                )
            return None
        self._check_index(value, size, index)
        return evolve(base, index=value, span=self.span(node))

    def _check_index(self, value: Typed, size: int, node: ast.expr) -> None:
        kind = value.type
        if not isinstance(kind, IntType):
            if kind != UNKNOWN_TYPE:
                self.fault(
                    "KSM330",
                    f"an index is an int, and this is {shown(value)}",
                    node,
                    f"write a number from 0 to {size - 1}",
                )
        elif kind.lo >= size or kind.hi < 0:
            self.fault(
                "KSM331",
                f"the index {kind.lo} is outside the array, which has {size} cells",
                node,
                f"the cells are 0 to {size - 1}",
            )

    def load(self, node: ast.expr, place: Place | None) -> Typed:
        """The load from ``place`` that ``node`` means."""
        if place is None:
            return self.unknown(node)
        if place.storage.size is not None and place.index is None:
            self.fault(
                "KSM335",
                "an array is used one cell at a time",
                node,
                f"write `{ast.unparse(node)}[0]`",
            )
            return self.unknown(node)
        kind = place.storage.type
        if isinstance(kind, LockType):
            self.fault(
                "KSM343",
                "a lock has no value of its own",
                node,
                "take it with its lock function; in a property write locked(...)",
            )
            return self.unknown(node)
        if isinstance(kind, RefType):
            kind = evolve(kind, nullable=True)
        return Load(place, kind, self.span(node), place.storage.ghost or decided_by_ghost(place))

    def owner_name(self, place: Place) -> str:
        """How a message calls what a place belongs to."""
        return place.key


def decided_by_ghost(place: Place) -> bool:
    """Whether a ghost chooses which object or cell a place is."""
    return any(part is not None and part.ghost for part in (place.object, place.index))
