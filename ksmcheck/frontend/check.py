"""Checks every function of a model: signatures, types of locals, bodies.

A local takes the join of all types that are assigned to it, so a body is checked until the types
settle, silently, and once more to report faults.
"""

from __future__ import annotations

import ast

from attrs import define

from ksmcheck.frontend import tree
from ksmcheck.frontend.annotations import AnnotationReader
from ksmcheck.frontend.errors import Errors
from ksmcheck.frontend.statements import StatementChecker
from ksmcheck.frontend.symbols import FunctionKind, FunctionSymbol, GlobalSymbol, Universe
from ksmcheck.frontend.tree import BOOL, UNKNOWN_TYPE, Function, Typed
from ksmcheck.ir.source import Span
from ksmcheck.ir.types import IntType, RefType, ValueType

ROUNDS = 6


def check_functions(universe: Universe, errors: Errors) -> dict[int, Function]:
    """All functions of all modules, checked; keyed by ``id`` of their symbol."""
    checked: dict[int, Function] = {}
    for scope in universe.scopes.values():
        for symbol in scope.values():
            if isinstance(symbol, FunctionSymbol) and id(symbol) not in checked:
                checked[id(symbol)] = FunctionChecker(universe, errors, symbol).run()
    return checked


@define
class FunctionChecker:
    """Checks one function."""

    universe: Universe
    errors: Errors
    symbol: FunctionSymbol

    def run(self) -> Function:
        """The checked function; its faults are reported."""
        parameters = self._parameters()
        returns = self._returns()
        shared = self._global_names()
        known: dict[str, ValueType] = {}
        for _ in range(ROUNDS):
            silent = self._checker(Errors(), parameters, returns, shared, known)
            silent.block(self.symbol.node.body)
            if silent.locals == known:
                break
            known = dict(silent.locals)
        else:
            self._unsettled(parameters, returns, shared, known)
        checker = self._checker(self.errors, parameters, returns, shared, known)
        body = checker.block(self.symbol.node.body)
        if not self.errors.found:
            self._report_untyped(checker)
        return Function(
            self.symbol,
            tuple(parameters.items()),
            self._defaults(checker),
            returns,
            self._sentence(),
            body,
            tuple(checker.locals.items()),
            frozenset(checker.ghosts),
            frozenset(checker.assigned),
            self._reads(checker),
        )

    def _checker(
        self,
        errors: Errors,
        parameters: dict[str, ValueType],
        returns: ValueType | None,
        shared: set[str],
        known: dict[str, ValueType],
    ) -> StatementChecker:
        return StatementChecker(
            self.universe,
            errors,
            self.symbol.module,
            self.symbol,
            locals={**known, **parameters},
            declared=dict(parameters),
            shared_names=shared,
            returns=returns,
            ghosts=self._ghost_parameters(),
        )

    def _ghost_parameters(self) -> set[str]:
        reader = AnnotationReader(self.universe, Errors(), self.symbol.module)
        return {
            item.arg
            for item in self.symbol.node.args.args
            if item.annotation is not None and reader.storage(item.annotation).ghost
        }

    def _unsettled(
        self,
        parameters: dict[str, ValueType],
        returns: ValueType | None,
        shared: set[str],
        known: dict[str, ValueType],
    ) -> None:
        checker = self._checker(Errors(), parameters, returns, shared, known)
        checker.block(self.symbol.node.body)
        for name, kind in checker.locals.items():
            if known.get(name) != kind:
                self.errors.add(
                    "KSM322",
                    f"the range of '{name}' grows with every assignment",
                    self.symbol.module.span(self._first(name)),
                    f"declare it: `{name}: Annotated[int, Range(0, 7)] = 0`",
                )
                known[name] = UNKNOWN_TYPE

    def _report_untyped(self, checker: StatementChecker) -> None:
        """Locals that are computed from themselves only."""
        for name, kind in checker.locals.items():
            if kind == UNKNOWN_TYPE:
                self.errors.add(
                    "KSM313",
                    f"'{name}' is read before anything is assigned to it",
                    self.symbol.module.span(self._first(name)),
                    f"assign it first: `{name} = 0`",
                )

    def _first(self, name: str) -> ast.AST:
        """Where the function first mentions a local."""
        found = [
            node
            for node in ast.walk(self.symbol.node)
            if isinstance(node, ast.Name) and node.id == name
        ]
        return min(found, key=lambda n: (n.lineno, n.col_offset), default=self.symbol.node)

    def _reads(self, checker: StatementChecker) -> tuple[tuple[str, Span], ...]:
        """Where each local is first read."""
        found: dict[str, Span] = {}
        for node in ast.walk(self.symbol.node):
            if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load):
                span = self.symbol.module.span(node)
                before = found.get(node.id)
                if node.id in checker.locals and (
                    before is None or (span.line, span.column) < (before.line, before.column)
                ):
                    found[node.id] = span
        return tuple(found.items())

    def _sentence(self) -> str:
        return " ".join((ast.get_docstring(self.symbol.node) or "").split())

    def _parameters(self) -> dict[str, ValueType]:
        arguments, module = self.symbol.node.args, self.symbol.module
        if arguments.vararg or arguments.kwarg or arguments.kwonlyargs or arguments.posonlyargs:
            self.errors.add(
                "KSM120",
                "parameters are plain names with types",
                self.symbol.span,
                "no *, ** or / in a parameter list",
            )
        result: dict[str, ValueType] = {}
        reader = AnnotationReader(self.universe, self.errors, module)
        for item in arguments.args:
            if item.annotation is None:
                self.errors.add(
                    "KSM349",
                    f"parameter '{item.arg}' needs a type",
                    module.span(item),
                    f"write `{item.arg}: Annotated[int, Range(0, 3)]`, or the name of a struct",
                )
                result[item.arg] = UNKNOWN_TYPE
                continue
            result[item.arg] = reader.value_type(item.annotation, "a parameter")
        self._check_signature(result)
        return result

    def _check_signature(self, parameters: dict[str, ValueType]) -> None:
        kind = self.symbol.kind
        expected = 1 if kind is FunctionKind.ACTOR and self.symbol.count is not None else 0
        if kind in (FunctionKind.ACTOR, FunctionKind.SETUP) and len(parameters) != expected:
            hint = (
                "`@actor(count=N)` takes one parameter, its number"
                if expected
                else "who runs with which arguments is written in its body"
            )
            self.errors.add(
                "KSM121",
                f"@{kind.value} '{self.symbol.name}' takes "
                f"{expected or 'no'} parameter{'' if expected else 's'}",
                self.symbol.span,
                hint,
            )

        count = self.symbol.count
        for name, given in parameters.items() if expected and count else ():
            if not isinstance(given, IntType) or given.lo > 0 or given.hi < (count or 1) - 1:
                self.errors.add(
                    "KSM121",
                    f"'{name}' is the number of the actor, 0 to {(count or 1) - 1}",
                    self.symbol.span,
                    f"write `{name}: Annotated[int, Range(0, {(count or 1) - 1})]`",
                )

    def _returns(self) -> ValueType | None:
        annotation = self.symbol.node.returns
        if self.symbol.kind in (FunctionKind.PROPERTY, FunctionKind.WITNESS):
            if annotation is not None and ast.unparse(annotation) != "bool":
                self.errors.add(
                    "KSM403",
                    "a property returns a bool",
                    self.symbol.module.span(annotation),
                    "write `-> bool`",
                )
            return BOOL
        if annotation is None or ast.unparse(annotation) == "None":
            return None
        if self.symbol.kind in (FunctionKind.ACTOR, FunctionKind.SETUP):
            self.errors.add(
                "KSM348",
                f"@{self.symbol.kind.value} '{self.symbol.name}' returns nothing",
                self.symbol.module.span(annotation),
                "write `-> None`",
            )
        reader = AnnotationReader(self.universe, self.errors, self.symbol.module)
        kind = reader.value_type(annotation, "a returned value")
        if isinstance(kind, RefType) and self.symbol.kind is FunctionKind.PREDICATE:
            return RefType(kind.struct, kind.names, nullable=True)
        return kind

    def _global_names(self) -> set[str]:
        names: set[str] = set()
        for node in ast.walk(self.symbol.node):
            if isinstance(node, ast.Global):
                for name in node.names:
                    symbol = self.universe.lookup(self.symbol.module, name)
                    if not isinstance(symbol, GlobalSymbol):
                        self.errors.add(
                            "KSM336",
                            f"'{name}' is no shared variable",
                            self.symbol.module.span(node),
                            f"declare it at the top of the file: `{name}: TYPE`",
                        )
                    names.add(name)
        return names

    def _defaults(self, checker: StatementChecker) -> tuple[tuple[str, Typed], ...]:
        arguments = self.symbol.node.args
        names = [item.arg for item in arguments.args]
        tail = names[len(names) - len(arguments.defaults) :]
        result = []
        for name, node in zip(tail, arguments.defaults, strict=True):
            value = checker.expression(node)
            if not isinstance(value, tree.Literal):
                self.errors.add(
                    "KSM307",
                    "the default of a parameter must be constant",
                    self.symbol.module.span(node),
                    "give the value at each call",
                )
            elif name in checker.declared:
                checker.require_fits(value, checker.declared[name], node, f"'{name}'")
            result.append((name, value))
        return tuple(result)
