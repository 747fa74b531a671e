"""Type-checks what is stored: locals, shared variables, fields; keeps ghosts out of real code."""

from __future__ import annotations

import ast

from attrs import define, evolve, field

from ksmcheck.frontend import tree
from ksmcheck.frontend.annotations import AnnotationReader
from ksmcheck.frontend.checker import join, type_name
from ksmcheck.frontend.constructs import construct
from ksmcheck.frontend.expressions import ExpressionChecker
from ksmcheck.frontend.ghosts import ghost_source
from ksmcheck.frontend.operators import ARITHMETIC
from ksmcheck.frontend.places import decided_by_ghost
from ksmcheck.frontend.symbols import Counter, FunctionKind, GlobalSymbol
from ksmcheck.frontend.tree import UNKNOWN_TYPE, Place, Statement, Typed
from ksmcheck.ir.types import LockKind, LockType, RefType, ValueType

LOCK_CALLS = {
    LockKind.SPIN: "spin_lock",
    LockKind.MUTEX: "mutex_lock",
    LockKind.RWSEM: "down_write",
    LockKind.BIT: "bit_lock",
}
ASSIGNED = {
    Counter.REFCOUNT: (
        "a Refcount changes only through its primitives",
        "call refcount_inc, refcount_dec, dec_and_test, refcount_set, ...",
    ),
    Counter.ATOMIC: (
        "an Atomic changes only through its primitives",
        "call atomic_inc, atomic_dec, atomic_dec_and_test, atomic_set, ...",
    ),
}


@define
class AssignmentChecker(ExpressionChecker):
    """Checks assignments; ``causes`` are the ghosts that decide whether this statement runs."""

    causes: list[Typed] = field(factory=list)

    def real(self, node: ast.AST, what: str) -> None:
        """Report ``what`` happening to real code in a branch that a ghost decided."""
        if not self.causes or self.is_ghost_code():
            return
        cause = self.causes[-1]
        place = ghost_source(cause).span
        if any(item.code == "KSM221" and item.span == place for item in self.errors.found):
            return  # one report for each ghost, not for each line of its branch
        line = getattr(node, "lineno", place.line)
        self.ghost_fault(
            cause,
            f"a branch of real code ({what} in line {line})",
            "decide by real fields; inside a branch on a ghost only ghosts change",
        )

    def assign(self, node: ast.stmt, target: ast.expr, value: ast.expr) -> list[Statement]:
        """``target = value``."""
        if isinstance(target, (ast.Tuple, ast.List, ast.Starred)):
            self.fault(
                "KSM113", "one target at a time", target, "write one assignment for each name"
            )
            self.bind_unknown(target)
            if not isinstance(value, (ast.Tuple, ast.List)):
                self.expression(value)
            return []
        if self.pure and not (isinstance(target, ast.Name) and target.id not in self.shared_names):
            self.fault("KSM402", "a property only reads", node, "assign to a local only")
            return []
        typed = self.expression(value)
        if isinstance(target, ast.Name) and target.id not in self.shared_names:
            return self._assign_local(node, target, typed, value)
        return self._store(node, target, typed, value)

    def _assign_local(
        self, node: ast.stmt, target: ast.Name, value: Typed, source: ast.expr
    ) -> list[Statement]:
        name = target.id
        if isinstance(self.lookup(name), GlobalSymbol) and name not in self.locals:
            self.fault(
                "KSM340",
                f"'{name}' is a shared variable of this file",
                target,
                f"write `global {name}` first, as in Python, or use another name",
            )
            return []
        if value.type is None:
            self.fault(
                "KSM330",
                "this call returns no value",
                source,
                "call it on a line of its own, or give the routine a `-> TYPE`",
            )
            self.bind_unknown(target)
            return []
        if value.ghost and not self.is_ghost_code():
            self.ghosts.add(name)
        elif name not in self.ghosts:
            self.real(node, f"'{name}' is assigned")
        self.bind(name, value, target, source)
        return [tree.AssignLocal(name, value, self.span(node))]

    def bind(self, name: str, value: Typed, target: ast.AST, source: ast.AST) -> None:
        """Join the type of ``value`` into what the local ``name`` may hold."""
        kind = value.type if value.type is not None else UNKNOWN_TYPE
        self.assigned.add(name)
        if name in self.declared:
            self.require_fits(value, self.declared[name], source, f"'{name}'")
            return
        if name in self.locals:
            joined = join(self.locals[name], kind)
            if joined is None:
                self.fault(
                    "KSM330",
                    f"'{name}' holds {type_name(self.locals[name])} elsewhere, "
                    f"and {type_name(kind)} here",
                    target,
                    "use two names",
                )
                return
            kind = joined
        self.locals[name] = kind

    def _store(
        self, node: ast.stmt, target: ast.expr, value: Typed, source: ast.expr
    ) -> list[Statement]:
        place = self.place(target)
        if place is None or not self._storable(place, target):
            return []
        storage, name = place.storage, place.key
        if not storage.ghost and not self.is_ghost_code():
            if value.ghost:
                self.ghost_fault(
                    value,
                    f"the real value '{name}'",
                    "make the target a ghost, or this a real field",
                )
            if decided_by_ghost(place):
                self._ghost_target(place)
            self.real(node, f"'{name}' is stored")
        self.require_fits(value, storage.type, source, f"'{name}'")
        return [tree.Store(place, value, self.span(node))]

    def _ghost_target(self, place: Place) -> None:
        for part in (place.object, place.index):
            if part is not None and part.ghost:
                self.ghost_fault(part, "where real code stores", "use a real field")

    def _storable(self, place: Place, target: ast.expr) -> bool:
        """Whether a plain store to the place is allowed; reported if not."""
        storage = place.storage
        if storage.size is not None and place.index is None:
            self.fault(
                "KSM335",
                "an array is stored one cell at a time",
                target,
                f"write `{ast.unparse(target)}[i] = ...` in a for loop",
            )
            return False
        if isinstance(storage.type, LockType):
            taking = LOCK_CALLS[storage.type.kind]
            self.fault(
                "KSM343",
                "a lock is taken and released, not stored",
                target,
                f"write `with {taking}({ast.unparse(target)}):`",
            )
            return False
        if storage.counter is not None and self.function.kind is not FunctionKind.SETUP:
            message, hint = ASSIGNED[storage.counter]
            self.fault("KSM347", message, target, hint)
        return True

    def declare(
        self, node: ast.AnnAssign, name: str, annotation: ast.expr, value: ast.expr | None
    ) -> list[Statement]:
        """``name: type = value``."""
        storage = AnnotationReader(self.universe, self.errors, self.module).storage(annotation)
        if storage.size is not None or isinstance(storage.type, LockType):
            self.fault(
                "KSM321",
                "a local is a scalar",
                annotation,
                "arrays and locks are shared state: declare it at the top of the file",
            )
            self.bind_unknown(node.target)
            return []
        if storage.ghost:
            self.ghosts.add(name)
        kind = storage.type
        if isinstance(kind, RefType):
            kind = evolve(kind, nullable=True)
        self.declared[name] = kind
        self.locals[name] = kind
        if value is None:
            return []
        typed = self.expression(value)
        if typed.ghost and not storage.ghost and not self.is_ghost_code():
            self.ghost_fault(typed, f"the real local '{name}'", f"declare it `{name}: Ghost[...]`")
        elif not storage.ghost:
            self.real(node, f"'{name}' is assigned")
        self.bind(name, typed, node.target, value)
        return [tree.AssignLocal(name, typed, self.span(node))]

    def update(self, node: ast.AugAssign) -> list[Statement]:
        """``target op= value``."""
        op = ARITHMETIC.get(type(node.op))
        if op is None:
            refused = construct(node)
            message = f"{refused.name} is not part of the language"
            self.fault("KSM114", message, node, refused.instead)
            return []
        value = self.expression(node.value)
        if isinstance(node.target, ast.Name) and node.target.id not in self.shared_names:
            if isinstance(self.lookup(node.target.id), GlobalSymbol):
                return self._assign_local(node, node.target, value, node.value)
            left = self.expression(node.target)
            result = self.arithmetic(node, op, left, value)
            return self._assign_local(node, node.target, result, node.value)
        if self.pure:
            self.fault("KSM402", "a property only reads", node, "assign to a local only")
            return []
        place = self.place(node.target)
        if place is None or not self._storable(place, node.target):
            return []
        before = tree.Load(place, place.storage.type, self.span(node.target), place.storage.ghost)
        result = self.arithmetic(node, op, before, value)
        checked = self._store(node, node.target, result, node.value)
        if not checked or result.type is None or result.type == UNKNOWN_TYPE:
            return []
        return [tree.Update(place, op, value, result.type, self.span(node))]

    def loop_variable(self, name: str, kind: ValueType, node: ast.expr) -> None:
        """Define the variable of a for loop."""
        before = self.locals.get(name)
        joined = kind if before is None else join(before, kind)
        if joined is None:
            self.fault(
                "KSM330",
                f"'{name}' holds {type_name(before)} elsewhere, and {type_name(kind)} here",
                node,
                "use two names",
            )
        self.locals[name] = joined if joined is not None else kind

    def returned(self, node: ast.Return, value: ast.expr | None) -> list[Statement]:
        """``return value``."""
        self.real(node, "a return")
        name = self.function.name
        if value is None:
            if self.returns is not None:
                self.fault(
                    "KSM330",
                    f"'{name}' returns {type_name(self.returns)}, and this returns nothing",
                    node,
                    "write `return VALUE`",
                )
            return [tree.Return(None, self.span(node))]
        typed = self.expression(value)
        if self.returns is None:
            hint = "write `-> TYPE` after the parameters"
            if self.function.kind in (FunctionKind.ACTOR, FunctionKind.SETUP):
                hint = "nobody receives it: write `return`"
            self.fault("KSM348", f"'{name}' does not say what it returns", value, hint)
        else:
            self.require_fits(typed, self.returns, value, "the returned value")
        if typed.ghost and not self.is_ghost_code():
            self.ghost_fault(typed, "what real code returns", "return a real value")
        return [tree.Return(typed, self.span(node))]
