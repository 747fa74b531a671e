"""Type-checks allocation: alloc, free, free_rcu."""

from __future__ import annotations

import ast

from attrs import define

from ksmcheck.diagnostics import did_you_mean
from ksmcheck.frontend.names import unknown_struct
from ksmcheck.frontend.primitives import PrimitiveChecker
from ksmcheck.frontend.symbols import StructSymbol, Unresolved
from ksmcheck.frontend.tree import Load, Primitive, Typed
from ksmcheck.frontend.vocabulary import Prim
from ksmcheck.ir.types import LockType, RefType


@define
class AllocationChecker(PrimitiveChecker):
    """Checks calls that make and free objects."""

    def allocation(self, prim: Prim, node: ast.Call) -> Typed:
        """alloc, free, free_rcu."""
        if not self.count(node, prim, 1):
            return self.unknown(node)
        if prim is Prim.ALLOC:
            return self._alloc(node)
        if node.keywords:
            self.keyword_fault(
                "KSM341",
                f"{prim.value}() takes no keyword argument",
                node.keywords[0],
                f"write `{prim.value}(object)`",
            )
        found = self.reference(prim.value, node.args[0])
        if found is None:
            return self.unknown(node)
        target, name = found
        self.refuse_ghosts((target,), "which object real code frees")
        struct = self.universe.structs[name]
        return Primitive(prim, None, (target,), None, self.span(node), struct=struct)

    def _alloc(self, node: ast.Call) -> Typed:
        first = node.args[0]
        name = first.id if isinstance(first, ast.Name) else ""
        struct = self.lookup(name)
        if not isinstance(struct, StructSymbol):
            if name and struct is None:
                message, hint = unknown_struct(name, self.scope)
                self.fault("KSM302", message, first, hint)
            elif not isinstance(struct, Unresolved):
                self.fault("KSM342", "alloc() takes a struct", first, "write `alloc(Page)`")
            return self.unknown(node)
        fields: list[tuple[str, Typed]] = []
        may_sleep = False
        for keyword in node.keywords:
            if keyword.arg == "may_sleep":
                may_sleep = self._flag(keyword)
            else:
                self._field(struct, keyword, fields)
        return Primitive(
            Prim.ALLOC,
            None,
            (),
            RefType(struct.name, struct.object_names),
            self.span(node),
            struct=struct,
            fields=tuple(fields),
            may_sleep=may_sleep,
        )

    def _flag(self, keyword: ast.keyword) -> bool:
        value = self.constants.value(keyword.value)
        if not isinstance(value, bool):
            self.fault(
                "KSM341",
                "'may_sleep' is a constant truth value",
                keyword.value,
                "write `may_sleep=True`, or leave it out",
            )
        return value is True

    def _field(
        self, struct: StructSymbol, keyword: ast.keyword, fields: list[tuple[str, Typed]]
    ) -> None:
        """One ``field=value`` of alloc; added to ``fields``."""
        name = keyword.arg
        value = self.expression(keyword.value)
        if name is None or name not in struct.fields:
            self.keyword_fault(
                "KSM302",
                f"{struct.name} has no field '{name}'"
                if name
                else "`**` is not part of the language",
                keyword,
                did_you_mean(str(name), struct.fields) or f"declare it in struct {struct.name}",
            )
            return
        storage = struct.fields[name]
        if storage.size is not None or isinstance(storage.type, LockType):
            self.keyword_fault(
                "KSM341",
                f"alloc() cannot set '{name}'",
                keyword,
                "an array or a lock starts at its default",
            )
            return
        self.require_fits(value, storage.type, keyword.value, f"field '{name}'")
        if not storage.ghost:
            self.refuse_ghosts((value,), f"the field '{name}' of real code")
            if isinstance(value, Load) and not value.ghost and not self.is_ghost_code():
                self.fault(
                    "KSM204",
                    "alloc() is one access, and this loads another place",
                    keyword.value,
                    "load it into a local first",
                )
        fields.append((name, value))
