"""Type-checks statements: branches, loops, with, calls for their effect."""

from __future__ import annotations

import ast

from attrs import define

from ksmcheck.frontend import tree
from ksmcheck.frontend.constructs import construct
from ksmcheck.frontend.patterns import PatternChecker
from ksmcheck.frontend.symbols import GlobalSymbol
from ksmcheck.frontend.tree import UNKNOWN_TYPE, Primitive, Statement, Typed
from ksmcheck.frontend.vocabulary import RELEASED_BY

ATOMIC = 'write `with atomic("why nobody can see the middle"):`'
FOREVER = (ast.Break, ast.Return, ast.Call, ast.Attribute, ast.Subscript, ast.Assert)


@define
class StatementChecker(PatternChecker):
    """Checks statements; ``loops`` counts the loops around the statement being checked."""

    loops: int = 0

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
            case ast.Assign() | ast.AnnAssign() | ast.AugAssign():
                return self._assignment(node)
            case ast.Expr(value=value):
                return self._evaluate(node, value)
            case ast.If(test=test, body=body, orelse=orelse):
                condition = self.condition(test)
                then, other = self._branches(condition, [body, orelse])
                return [tree.If(condition, then, other, self.span(node))]
            case ast.While():
                return self._while(node)
            case ast.For():
                return self._for(node)
            case ast.Match():
                return self._match(node)
            case ast.Return(value=value):
                return self.returned(node, value)
            case ast.Break() | ast.Continue():
                return self._jump(node)
            case ast.With():
                return self._with(node, node.items)
            case ast.Assert(test=test, msg=message):
                return self._assert(node, test, message)
            case _:
                return self._refused_statement(node)

    def _assignment(self, node: ast.Assign | ast.AnnAssign | ast.AugAssign) -> list[Statement]:
        match node:
            case ast.Assign(targets=[target], value=value):
                return self.assign(node, target, value)
            case ast.AnnAssign(target=ast.Name(id=name), annotation=annotation, value=value):
                return self.declare(node, name, annotation, value)
            case ast.AugAssign():
                return self.update(node)
            case ast.AnnAssign():
                self.fault(
                    "KSM113",
                    "only a local has its type written here",
                    node,
                    "a field's type is declared in its struct",
                )
            case ast.Assign():
                self.fault("KSM113", "one target at a time", node, "write two assignments")
                self.expression(node.value)
                for target in node.targets:
                    self.bind_unknown(target)
        return []

    def _refused_statement(self, node: ast.stmt) -> list[Statement]:
        refused = construct(node)
        message = f"{refused.name} is not part of the language"
        self.fault("KSM114", message, node, refused.instead)
        match node:
            case ast.FunctionDef(name=name) | ast.ClassDef(name=name):
                self.locals.setdefault(name, UNKNOWN_TYPE)
            case ast.Import(names=names) | ast.ImportFrom(names=names):
                for alias in names:
                    self.locals.setdefault(alias.asname or alias.name, UNKNOWN_TYPE)
            case ast.Try(body=body, finalbody=last):
                self.block([*body, *last])
                self.bind_unknown(node)
        return []

    def _branches(
        self, condition: Typed, bodies: list[list[ast.stmt]]
    ) -> list[tuple[Statement, ...]]:
        ghostly = condition.ghost and not self.is_ghost_code()
        if ghostly:
            self.causes.append(condition)
        checked = [self.block(body) for body in bodies]
        if ghostly:
            self.causes.pop()
        return checked

    def _evaluate(self, node: ast.stmt, value: ast.expr) -> list[Statement]:
        if isinstance(value, (ast.Yield, ast.YieldFrom, ast.Await)):
            self.expression(value)
            return []
        if not isinstance(value, ast.Call):
            typed = self.expression(value)
            if typed.type != UNKNOWN_TYPE:
                assigned = isinstance(value, ast.Compare) and isinstance(value.ops[0], ast.Eq)
                hint = "write `=` to store a value" if assigned else "call something, or assign it"
                self.fault("KSM115", "this line has no effect", node, hint)
            return []
        typed = self.expression(value)
        match typed:
            case tree.Call() | Primitive():
                if not (isinstance(typed, Primitive) and typed.place and typed.place.storage.ghost):
                    self.real(node, "a call")
                return [tree.Evaluate(typed, self.span(node))]
            case tree.Literal(type=kind) if kind == UNKNOWN_TYPE:
                return []
            case _:
                self.fault("KSM115", "this line has no effect", node, "assign the value")
                return []

    def _while(self, node: ast.While) -> list[Statement]:
        condition = self.condition(node.test)
        self.real(node, "a loop")
        if node.orelse:
            self._loop_else(node)
        if isinstance(condition, tree.Literal) and condition.value and self._endless(node.body):
            self.fault(
                "KSM207",
                "this loop never ends and never looks at shared memory",
                node,
                "to wait, write `wait_until(condition)`; to stop, write `return`",
            )
        self.loops += 1
        (inner,) = self._branches(condition, [node.body])
        self.loops -= 1
        return [tree.While(condition, inner, self.span(node))]

    def _endless(self, body: list[ast.stmt]) -> bool:
        for item in (inner for statement in body for inner in ast.walk(statement)):
            if isinstance(item, FOREVER):
                return False
            if isinstance(item, ast.Name) and isinstance(self.lookup(item.id), GlobalSymbol):
                return False
        return True

    def _loop_else(self, node: ast.While | ast.For) -> None:
        first = node.orelse[0]
        self.fault(
            "KSM114",
            "`else` after a loop is not part of the language",
            first,
            "set a flag before `break`, and test it after the loop",
        )
        self.block(node.orelse)

    def _for(self, node: ast.For) -> list[Statement]:
        values = self.iteration(node.iter)
        if node.orelse:
            self._loop_else(node)
        if values is None or not isinstance(node.target, ast.Name):
            self.fault(
                "KSM116",
                "a for loop runs over pool(Struct) or range(constants), with one name",
                node.iter if values is None else node.target,
                "for anything else write `while`",
            )
            self.bind_unknown(node.target)
            self._loop_body(node.body)
            return []
        kind, numbers = values
        name = node.target.id
        if name in self.shared_names:
            self.fault(
                "KSM117",
                f"the loop variable '{name}' is a shared variable",
                node.target,
                "the loop is unrolled and its variable is a constant: use another name",
            )
            return []
        self.loop_variable(name, kind, node.target)
        assigned = set(self.assigned)
        body = self._loop_body(node.body)
        if name in self.assigned - assigned:
            self.fault(
                "KSM117",
                f"the loop assigns its own variable '{name}'",
                node,
                "the loop is unrolled: use another name",
            )
        return [tree.For(name, numbers, kind, body, self.span(node))]

    def _loop_body(self, body: list[ast.stmt]) -> tuple[Statement, ...]:
        self.loops += 1
        checked = self.block(body)
        self.loops -= 1
        return checked

    def _jump(self, node: ast.Break | ast.Continue) -> list[Statement]:
        word = "break" if isinstance(node, ast.Break) else "continue"
        self.real(node, f"`{word}`")
        if not self.loops:
            self.fault(
                "KSM123",
                f"`{word}` outside a loop",
                node,
                "it belongs inside a `for` or `while`; `return` leaves a routine",
            )
            return []
        if isinstance(node, ast.Break):
            return [tree.Break(self.span(node))]
        return [tree.Continue(self.span(node))]

    def _assert(
        self, node: ast.Assert, test: ast.expr, message: ast.expr | None
    ) -> list[Statement]:
        text = ""
        if message is not None:
            if isinstance(message, ast.Constant) and isinstance(message.value, str):
                text = message.value
            else:
                self.fault(
                    "KSM111", "the message of an assert is a string", message, "write it in quotes"
                )
        condition = self.condition(test)
        return [tree.Assert(condition, text or ast.unparse(test), self.span(node))]

    def _with(self, node: ast.With, items: list[ast.withitem]) -> list[Statement]:
        """A `with`; several items are several, one inside the other."""
        item, rest = items[0], items[1:]
        context = item.context_expr
        if item.optional_vars is not None:
            self.fault(
                "KSM118",
                "`as` is not part of the language: a lock gives nothing",
                item.optional_vars,
                "leave it out",
            )
            self.bind_unknown(item.optional_vars)
        if isinstance(context, ast.Call) and ast.unparse(context.func) == "atomic":
            reason = self._reason(context)
            return [tree.Atomic(reason, self._inside(node, rest), self.span(node))]
        acquire = self.expression(context)
        self.real(node, "a lock is taken")
        body = self._inside(node, rest)
        if not isinstance(acquire, Primitive) or acquire.prim not in RELEASED_BY:
            if acquire.type != UNKNOWN_TYPE:
                self.fault(
                    "KSM118",
                    '`with` takes a lock, rcu_read_lock() or atomic("reason")',
                    context,
                    "write `with spin_lock(x.lock):`",
                )
            return []
        release = Primitive(RELEASED_BY[acquire.prim], acquire.place, (), None, acquire.span)
        return [tree.With(acquire, release, body, self.span(node))]

    def _inside(self, node: ast.With, rest: list[ast.withitem]) -> tuple[Statement, ...]:
        return tuple(self._with(node, rest)) if rest else self.block(node.body)

    def _reason(self, call: ast.Call) -> str:
        match call:
            case ast.Call(args=[ast.Constant(value=str() as reason)], keywords=[]) if (
                reason.strip()
            ):
                return reason
            case _:
                self.fault("KSM201", "an atomic block gives its reason", call, ATOMIC)
                return ""

    def _match(self, node: ast.Match) -> list[Statement]:
        subject = self.expression(node.subject)
        ghostly = subject.ghost and not self.is_ghost_code()
        if ghostly:
            self.causes.append(subject)
        cases = []
        for case in node.cases:
            pattern = self.pattern(case.pattern, subject)
            guard = self.condition(case.guard) if case.guard else None
            body = self.block(case.body)
            if pattern is not None:
                cases.append(tree.Case(pattern, guard, body))
        if ghostly:
            self.causes.pop()
        return [tree.Match(subject, tuple(cases), self.span(node))]
