"""Type-checks statements and whole functions, and keeps ghosts from deciding real code."""

from __future__ import annotations

import ast

from attrs import define, evolve

from ksmcheck.diagnostics import did_you_mean
from ksmcheck.frontend import tree
from ksmcheck.frontend.annotations import AnnotationReader
from ksmcheck.frontend.checker import fits, join, type_name
from ksmcheck.frontend.expressions import ARITHMETIC, ExpressionChecker
from ksmcheck.frontend.symbols import FunctionKind, GlobalSymbol, VariantSymbol
from ksmcheck.frontend.tree import UNKNOWN_TYPE, Primitive, Statement, Typed
from ksmcheck.frontend.vocabulary import RELEASED_BY
from ksmcheck.ir.types import LockType, RefType, ValueType, WordType

REFUSED = {
    "Try": "the kernel has no exceptions: return an error",
    "Raise": "the kernel has no exceptions: return an error, or `assert` what must be",
    "Delete": "free(x) frees an object; a dead local is forgotten by itself",
    "FunctionDef": "a function stands at the top of a file, with its decorator",
    "AsyncFunctionDef": "every interleaving is explored anyway",
    "ClassDef": "a type stands at the top of a file",
    "Import": "imports stand at the top of a file",
    "ImportFrom": "imports stand at the top of a file",
    "Nonlocal": "write `global x` for a shared variable",
}


@define
class StatementChecker(ExpressionChecker):
    """Checks statements; ``ghost_depth`` counts the enclosing branches on ghosts."""

    ghost_depth: int = 0

    def block(self, body: list[ast.stmt]) -> tuple[Statement, ...]:
        """The typed statements of a block."""
        result: list[Statement] = []
        for node in body:
            result.extend(self.statement(node))
        return tuple(result)

    def statement(self, node: ast.stmt) -> list[Statement]:
        """One statement; docstrings, pass and global give none."""
        match node:
            case ast.Pass() | ast.Global() | ast.Expr(value=ast.Constant()):
                return []
            case ast.Assign(targets=[target], value=value):
                return self._assign(node, target, value)
            case ast.Assign():
                self.fault("KSM113", "one target at a time", node, "write two assignments")
                return []
            case ast.AnnAssign(target=ast.Name(id=name), annotation=annotation, value=value):
                return self._declare(node, name, annotation, value)
            case ast.AugAssign():
                return self._update(node)
            case ast.Expr(value=value):
                return self._evaluate(node, value)
            case ast.If(test=test, body=body, orelse=orelse):
                condition = self.condition(test)
                then, other = self._branches(condition, [body, orelse])
                return [tree.If(condition, then, other, self.span(node))]
            case ast.While(test=test, body=body, orelse=[]):
                condition = self.condition(test)
                (inner,) = self._branches(condition, [body])
                return [tree.While(condition, inner, self.span(node))]
            case ast.For():
                return self._for(node)
            case ast.Match():
                return self._match(node)
            case ast.Return(value=value):
                return self._return(node, value)
            case ast.Break():
                return [tree.Break(self.span(node))]
            case ast.Continue():
                return [tree.Continue(self.span(node))]
            case ast.With():
                return self._with(node)
            case ast.Assert(test=test, msg=message):
                text = message.value if isinstance(message, ast.Constant) else ""
                condition = self.condition(test)
                shown = str(text) or ast.unparse(test)
                return [tree.Assert(condition, shown, self.span(node))]
            case _:
                what = type(node).__name__
                self.fault(
                    "KSM114",
                    f"{what} is not part of the language",
                    node,
                    REFUSED.get(what, "see the language reference"),
                )
                return []

    def _branches(
        self, condition: Typed, bodies: list[list[ast.stmt]]
    ) -> list[tuple[Statement, ...]]:
        ghostly = condition.ghost and not self.is_ghost_code()
        self.ghost_depth += ghostly
        checked = [self.block(body) for body in bodies]
        self.ghost_depth -= ghostly
        return checked

    def _real(self, node: ast.AST, what: str) -> None:
        """Report ``what`` happening to real state in a branch that a ghost decided."""
        if self.ghost_depth:
            self.fault(
                "KSM221",
                f"a ghost decides {what}",
                node,
                "ghost state exists for properties; inside `if ghost:` only ghosts change",
                "the kernel cannot see ghost state",
            )

    def _assign(self, node: ast.stmt, target: ast.expr, value: ast.expr) -> list[Statement]:
        if self.pure and not isinstance(target, ast.Name):
            self.fault("KSM402", "a property only reads", node)
            return []
        typed = self.expression(value)
        if isinstance(target, ast.Name) and target.id not in self.shared_names:
            return self._assign_local(node, target, typed)
        return self._store(node, target, typed)

    def _assign_local(self, node: ast.stmt, target: ast.Name, value: Typed) -> list[Statement]:
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
            self.fault("KSM330", "this call returns no value", node)
            return []
        if value.ghost and not self.is_ghost_code():
            self.ghosts.add(name)
        elif name not in self.ghosts:
            self._real(node, "the value of a local of real code")
        self._bind(name, value, target)
        return [tree.AssignLocal(name, value, self.span(node))]

    def _bind(self, name: str, value: Typed, node: ast.AST) -> None:
        kind = value.type if value.type is not None else UNKNOWN_TYPE
        self.assigned.add(name)
        if name in self.declared:
            self.require_fits(value, self.declared[name], node, f"'{name}'")
            return
        if name in self.locals:
            joined = join(self.locals[name], kind)
            if joined is None:
                self.fault(
                    "KSM330",
                    f"'{name}' holds {type_name(self.locals[name])} elsewhere, "
                    f"and {type_name(kind)} here",
                    node,
                    "use two names",
                )
                return
            kind = joined
        self.locals[name] = kind

    def _store(self, node: ast.stmt, target: ast.expr, value: Typed) -> list[Statement]:
        place = self.place(target)
        if place is None:
            return []
        storage = place.storage
        if storage.size is not None and place.index is None:
            self.fault("KSM335", "an array is stored one cell at a time", target)
            return []
        if isinstance(storage.type, LockType):
            self.fault("KSM343", "a lock is taken and released, not stored", node)
            return []
        if storage.refcount and self.function.kind is not FunctionKind.SETUP:
            self.fault(
                "KSM347",
                "a Refcount changes only through its primitives",
                node,
                "refcount_inc, refcount_dec, refcount_set, ...",
            )
        if not storage.ghost:
            if value.ghost and not self.is_ghost_code():
                self.fault(
                    "KSM221",
                    f"a ghost decides the real value '{self.owner_name(place)}'",
                    node,
                    "make the target a ghost, or the source a real field",
                    "the kernel cannot see ghost state",
                )
            self._real(node, "a store of real code")
        self.require_fits(value, storage.type, node, f"'{self.owner_name(place)}'")
        return [tree.Store(place, value, self.span(node))]

    def _declare(
        self, node: ast.AnnAssign, name: str, annotation: ast.expr, value: ast.expr | None
    ) -> list[Statement]:
        storage = AnnotationReader(self.universe, self.errors, self.module).storage(annotation)
        if storage.size is not None or isinstance(storage.type, LockType):
            self.fault("KSM321", "a local is a scalar", node, "arrays and locks are shared state")
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
            self.fault(
                "KSM221",
                f"a ghost decides the real local '{name}'",
                node,
                f"declare it `{name}: Ghost[...]`",
            )
        self._bind(name, typed, node)
        return [tree.AssignLocal(name, typed, self.span(node))]

    def _update(self, node: ast.AugAssign) -> list[Statement]:
        op = ARITHMETIC.get(type(node.op))
        if op is None:
            self.fault("KSM114", "this operator is not part of the language", node)
            return []
        value = self.expression(node.value)
        if isinstance(node.target, ast.Name) and node.target.id not in self.shared_names:
            left = self.expression(node.target)
            return self._assign_local(node, node.target, self.arithmetic(node, op, left, value))
        place = self.place(node.target)
        if place is None:
            return []
        before = tree.Load(place, place.storage.type, self.span(node), place.storage.ghost)
        result = self.arithmetic(node, op, before, value)
        checked = self._store(node, node.target, result)
        if not checked or result.type is None or result.type == UNKNOWN_TYPE:
            return []
        return [tree.Update(place, op, value, result.type, self.span(node))]

    def _evaluate(self, node: ast.stmt, value: ast.expr) -> list[Statement]:
        if not isinstance(value, ast.Call):
            self.fault("KSM115", "this line has no effect", node, "call something or assign it")
            return []
        typed = self.expression(value)
        match typed:
            case tree.Call() | Primitive():
                self._real(node, "a call of real code")
                return [tree.Evaluate(typed, self.span(node))]
            case tree.Literal(type=kind) if kind == UNKNOWN_TYPE:
                return []
            case _:
                self.fault("KSM115", "this line has no effect", node, "assign the value")
                return []

    def _for(self, node: ast.For) -> list[Statement]:
        values = self.iteration(node.iter)
        if values is None or not isinstance(node.target, ast.Name) or node.orelse:
            self.fault(
                "KSM116",
                "a for loop runs over pool(Struct) or range(constants)",
                node.iter,
                "for anything else write while",
            )
            return []
        kind, numbers = values
        name = node.target.id
        before = self.locals.get(name)
        if before is not None and join(before, kind) is None:
            self.fault("KSM330", f"'{name}' holds {type_name(before)} elsewhere", node.target)
        self.locals[name] = (join(before, kind) or kind) if before else kind
        assigned = set(self.assigned)
        body = self.block(node.body)
        if name in self.assigned - assigned:
            self.fault(
                "KSM117",
                f"the loop assigns its own variable '{name}'",
                node,
                "the loop is unrolled: use another name",
            )
        return [tree.For(name, numbers, kind, body, self.span(node))]

    def _return(self, node: ast.Return, value: ast.expr | None) -> list[Statement]:
        self._real(node, "where real code returns")
        if value is None:
            if self.returns is not None:
                self.fault(
                    "KSM330", f"'{self.function.name}' returns {type_name(self.returns)}", node
                )
            return [tree.Return(None, self.span(node))]
        typed = self.expression(value)
        if self.returns is None:
            self.fault(
                "KSM348",
                f"'{self.function.name}' does not say what it returns",
                node,
                "write `-> TYPE` after the parameters",
            )
        else:
            self.require_fits(typed, self.returns, node, "the returned value")
        if typed.ghost and not self.is_ghost_code():
            self.fault("KSM221", "a ghost decides what real code returns", node)
        return [tree.Return(typed, self.span(node))]

    def _with(self, node: ast.With) -> list[Statement]:
        if len(node.items) != 1 or node.items[0].optional_vars is not None:
            self.fault("KSM118", "one `with` at a time, without `as`", node, "nest two `with`")
            return []
        context = node.items[0].context_expr
        match context:
            case ast.Call(func=ast.Name(id="atomic"), args=[ast.Constant(value=str() as reason)]):
                if not reason.strip():
                    self.fault(
                        "KSM201",
                        "an atomic block gives its reason",
                        context,
                        'write `with atomic("why nobody can see the middle"):`',
                    )
                return [tree.Atomic(reason, self.block(node.body), self.span(node))]
            case ast.Call(func=ast.Name(id="atomic")):
                self.fault(
                    "KSM201",
                    "an atomic block gives its reason",
                    context,
                    'write `with atomic("why nobody can see the middle"):`',
                )
                return []
        acquire = self.expression(context)
        if not isinstance(acquire, Primitive) or acquire.prim not in RELEASED_BY:
            self.fault(
                "KSM118",
                '`with` takes a lock, rcu_read_lock() or atomic("reason")',
                context,
                "write `with spin_lock(x.lock):`",
            )
            return []
        release = Primitive(RELEASED_BY[acquire.prim], acquire.place, (), None, acquire.span)
        return [tree.With(acquire, release, self.block(node.body), self.span(node))]

    def _match(self, node: ast.Match) -> list[Statement]:
        subject = self.expression(node.subject)
        ghostly = subject.ghost and not self.is_ghost_code()
        self.ghost_depth += ghostly
        cases = []
        for case in node.cases:
            pattern = self._pattern(case.pattern, subject)
            guard = self.condition(case.guard) if case.guard else None
            if pattern is not None:
                cases.append(tree.Case(pattern, guard, self.block(case.body)))
        self.ghost_depth -= ghostly
        return [tree.Match(subject, tuple(cases), self.span(node))]

    def _pattern(self, node: ast.pattern, subject: Typed) -> tree.Pattern | None:
        kind = subject.type
        match node:
            case ast.MatchAs(pattern=None, name=name):
                return self._capture(node, name, kind, subject.ghost)
            case ast.MatchValue(value=value):
                return self._value_pattern(node, value, kind)
            case ast.MatchSingleton(value=bool() as flag):
                return tree.ValuePattern(int(flag), self.span(node))
            case ast.MatchSingleton(value=None) if isinstance(kind, RefType):
                return tree.ValuePattern(0, self.span(node))
            case ast.MatchClass(cls=ast.Name(id=name)) if isinstance(kind, WordType):
                return self._variant_pattern(node, name, kind, subject.ghost)
            case _:
                self.fault(
                    "KSM119",
                    f"this pattern does not fit {type_name(kind)}",
                    node,
                    "write `case Variant(a, _):`, `case CONSTANT:` or `case _:`",
                )
                return None

    def _capture(
        self, node: ast.pattern, name: str | None, kind: ValueType | None, ghost: bool
    ) -> tree.AnyPattern:
        if name is not None:
            if ghost and not self.is_ghost_code():
                self.ghosts.add(name)
            self._bind(name, tree.Literal(0, kind or UNKNOWN_TYPE, self.span(node)), node)
        return tree.AnyPattern(name, self.span(node))

    def _value_pattern(
        self, node: ast.pattern, value: ast.expr, kind: ValueType | None
    ) -> tree.ValuePattern | None:
        typed = self.expression(value)
        if not isinstance(typed, tree.Literal):
            self.fault("KSM119", "a pattern is a constant", node)
            return None
        if kind is not None and typed.type is not None and not fits(typed.type, kind):
            self.fault("KSM339", f"{type_name(typed.type)} never matches {type_name(kind)}", node)
            return None
        return tree.ValuePattern(typed.value, self.span(node))

    def _variant_pattern(
        self, node: ast.MatchClass, name: str, word: WordType, ghost: bool
    ) -> tree.VariantPattern | None:
        symbol = self.lookup(name)
        names = [variant.name for variant in word.variants]
        if not isinstance(symbol, VariantSymbol) or symbol.word.name != word.name:
            self.fault(
                "KSM334", f"'{name}' is no variant of {word.name}", node, did_you_mean(name, names)
            )
            return None
        position = names.index(name)
        fields = list(word.variants[position].fields)
        order = [field for field, _ in fields]
        given = list(enumerate(node.patterns))
        for attribute, pattern in zip(node.kwd_attrs, node.kwd_patterns, strict=True):
            if attribute not in order:
                self.fault(
                    "KSM302",
                    f"{name} has no field '{attribute}'",
                    node,
                    did_you_mean(attribute, order),
                )
                return None
            given.append((order.index(attribute), pattern))
        if len(node.patterns) > len(fields):
            self.fault("KSM341", f"{name} has {len(fields)} fields", node)
            return None
        result = []
        for index, pattern in given:
            part = tree.Literal(0, fields[index][1], self.span(pattern), ghost)
            inner = self._pattern(pattern, part)
            if isinstance(inner, (tree.AnyPattern, tree.ValuePattern)):
                result.append((index, inner))
        return tree.VariantPattern(position, tuple(result), self.span(node))
