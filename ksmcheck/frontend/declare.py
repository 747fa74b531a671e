"""Collects what every module declares: gives each name its symbol, and reports what has none.

Modules are visited imported-first, so a constant or an imported name is known when it is used.
Types of fields are read later (fields.py), when the pools' sizes are known.
"""

from __future__ import annotations

import ast

from attrs import define, field

from ksmcheck.diagnostics import did_you_mean
from ksmcheck.frontend import functions
from ksmcheck.frontend.circular import Awaited, is_circular, refuse_circular, resolve_circular
from ksmcheck.frontend.constants import ConstantEvaluator
from ksmcheck.frontend.constructs import construct
from ksmcheck.frontend.errors import Errors
from ksmcheck.frontend.loader import IGNORED_IMPORTS, VOCABULARY_MODULES, Loader, Module
from ksmcheck.frontend.names import unknown_struct
from ksmcheck.frontend.patches import read_config, read_patches
from ksmcheck.frontend.symbols import (
    AliasSymbol,
    Circular,
    Constant,
    DomainSymbol,
    EnumSymbol,
    GlobalSymbol,
    InstanceSymbol,
    Lifetime,
    Parameter,
    ParameterSet,
    StructSymbol,
    Symbol,
    UninterpretedSymbol,
    Universe,
    Unresolved,
    VariantSymbol,
    Vocabulary,
    WordSymbol,
)
from ksmcheck.frontend.vocabulary import DOMAINS, NAMES


@define
class Declarations:
    """The result for one loaded model: all names, and the scenario(...) calls that were found."""

    universe: Universe = field(factory=Universe)
    scenarios: list[tuple[Module, ast.Call]] = field(factory=list)
    instances: dict[str, list[InstanceSymbol]] = field(factory=dict)


def declare(loader: Loader, errors: Errors, universe: Universe) -> Declarations:
    """Collect the declarations of all loaded modules."""
    result = Declarations(universe)
    declarers = [ModuleDeclarer(loader, errors, result, module) for module in loader.imported_first]
    for declarer in declarers:
        declarer.run()
    awaited = [item for declarer in declarers for item in declarer.awaited]
    resolve_circular(awaited, universe, errors)
    return result


@define
class ModuleDeclarer:
    """Declares the names of one module."""

    loader: Loader
    errors: Errors
    result: Declarations
    module: Module
    awaited: list[Awaited] = field(factory=list)

    @property
    def scope(self) -> dict[str, Symbol]:
        return self.result.universe.scopes[self.module.name]

    def run(self) -> None:
        """Visit the module's statements in order."""
        self.result.universe.scopes[self.module.name] = {}
        for node in self.module.tree.body:
            refuse_circular(self.scope, node, self.module, self.errors)
            self._statement(node)

    def _define(self, name: str, symbol: Symbol, node: ast.AST) -> None:
        before = self.scope.get(name)
        if before is not None and not isinstance(before, Vocabulary):
            self.errors.add(
                "KSM303",
                f"'{name}' is already defined in this file",
                self.module.span(node),
                "give one of the two another name",
            )
            return
        self.scope[name] = symbol

    def _statement(self, node: ast.stmt) -> None:
        match node:
            case ast.ImportFrom():
                self._import(node)
            case ast.ClassDef():
                self._class(node)
            case ast.FunctionDef(decorator_list=[ast.Name(id="uninterpreted")], name=name):
                span = self.module.span(node)
                self._define(name, UninterpretedSymbol(name, self.module, node, span), node)
            case ast.FunctionDef():
                symbol = functions.declare_function(
                    node, self.module, self.errors, self.result.universe
                )
                self._define(node.name, symbol or Unresolved(node.name), node)
            case ast.Assign(targets=[ast.Name(id=name)], value=value):
                self._assignment(node, name, value)
            case ast.AnnAssign(target=ast.Name(id=name), annotation=annotation, value=value):
                self._annotated(node, name, annotation, value)
            case ast.Expr(value=ast.Call(func=ast.Name(id="scenario")) as call):
                self.result.scenarios.append((self.module, call))
            case ast.Expr(value=ast.Constant()) | ast.Pass() | ast.Import():
                pass
            case ast.AsyncFunctionDef(name=name):
                refused = construct(node)
                message = f"{refused.name} is not part of the language"
                self.errors.add("KSM114", message, self.module.span(node), refused.instead)
                self._define(name, Unresolved(name), node)
            case _:
                self._refused(node)

    def _refused(self, node: ast.stmt) -> None:
        self.errors.add(
            "KSM102",
            "this statement means nothing at the top of a model file",
            self.module.span(node),
            "a model file holds imports, constants, types, shared variables, "
            "functions and one scenario(...)",
        )
        for inner in ast.walk(node):
            if isinstance(inner, ast.Name) and isinstance(inner.ctx, ast.Store):
                self.scope.setdefault(inner.id, Unresolved(inner.id))

    def _import(self, node: ast.ImportFrom) -> None:
        target = self.loader.resolve(self.module, node)
        if target in IGNORED_IMPORTS:
            return
        known: dict[str, Symbol]
        if target in VOCABULARY_MODULES:
            known = {name: Vocabulary(name) for name in NAMES}
        elif target in self.result.universe.scopes:
            known = self.result.universe.scopes[target]
        elif target in self.loader.modules:
            self._await(node, target)
            return
        else:
            return
        for alias in node.names:
            if alias.name == "*":
                ready = {name: item for name, item in known.items() if not is_circular(item)}
                self.scope.update(ready)
                if len(ready) < len(known):
                    self.awaited.append(Awaited(self.module, alias, target))
            elif is_circular(known.get(alias.name)):
                self._await_name(node, alias, target)
            elif alias.name in known:
                self._define(alias.asname or alias.name, known[alias.name], node)
            else:
                self.errors.add(
                    "KSM301",
                    f"module '{target}' has no '{alias.name}'",
                    self.module.span(alias),
                    did_you_mean(alias.name, known) or "see what it declares",
                )
                self.scope.setdefault(
                    alias.asname or alias.name, Unresolved(alias.asname or alias.name)
                )

    def _await(self, node: ast.ImportFrom, target: str) -> None:
        """Names of a file that imports this one, and so is declared after it."""
        for alias in node.names:
            self._await_name(node, alias, target)

    def _await_name(self, node: ast.ImportFrom, alias: ast.alias, target: str) -> None:
        name = alias.asname or alias.name
        if alias.name != "*":
            self._define(name, Circular(name, target), node)
        self.awaited.append(Awaited(self.module, alias, target))

    def _assignment(self, node: ast.Assign, name: str, value: ast.expr) -> None:
        span = self.module.span(node)
        match value:
            case ast.Call(func=ast.Name(id="parameter")):
                self._parameter(name, value)
            case ast.Call(func=ast.Name(id="instance"), args=[ast.Name(id=struct)], keywords=[]):
                self._instance(node, name, struct)
            case ast.List(elts=[ast.Call(func=ast.Name(id="Patch")) | ast.Starred(), *_]):
                listed = read_patches(name, value, self.module, self.errors, self.scope)
                self._define(name, listed, node)
            case ast.List(elts=[ast.Call(func=ast.Name(id="ConfigOption")), *_]):
                self._config(node, name, value)
            case ast.Dict():
                self._define(name, ParameterSet(name, self.module, value, span), node)
            case ast.Subscript(
                value=ast.Name(id="Annotated"),
                slice=ast.Tuple(elts=[base, ast.Name(id=kind), bounds]),
            ) if kind in DOMAINS:
                parts = ast.copy_location(ast.Tuple([base, bounds], ast.Load()), value)
                finite = ast.copy_location(ast.Subscript(value.value, parts, ast.Load()), value)
                symbol = DomainSymbol(name, DOMAINS[kind], span, self.module, finite)
                self._define(name, symbol, node)
            case ast.Subscript() | ast.BinOp(op=ast.BitOr()):
                self._define(name, AliasSymbol(name, self.module, value, span), node)
            case ast.Name(id=other) if self._is_type(other):
                self._define(name, AliasSymbol(name, self.module, value, span), node)
            case _ if name == "__all__":
                pass
            case _:
                self._constant(node, name, value)

    def _config(self, node: ast.Assign, name: str, value: ast.List) -> None:
        symbol = read_config(name, value, self.module, self.errors)
        self.result.universe.known_config |= frozenset(symbol.options)
        self._define(name, symbol, node)

    def _is_type(self, name: str) -> bool:
        return name == "bool" or isinstance(
            self.scope.get(name), (EnumSymbol, StructSymbol, WordSymbol, AliasSymbol, DomainSymbol)
        )

    def _constant(self, node: ast.stmt, name: str, value: ast.expr) -> None:
        evaluator = ConstantEvaluator(self.result.universe, self.errors, self.module)
        constant = evaluator.value(value)
        if constant is None:
            evaluator.not_constant(value, f"the value of '{name}' is not constant", "KSM304")
            self._define(name, Unresolved(name), node)
            return
        self._define(name, Constant(name, constant, self.module.span(node)), node)

    def _annotated(
        self, node: ast.AnnAssign, name: str, annotation: ast.expr, value: ast.expr | None
    ) -> None:
        match annotation:
            case ast.Name(id="Final") | ast.Subscript(value=ast.Name(id="Final")) if value:
                self._constant(node, name, value)
            case _:
                symbol = GlobalSymbol(name, self.module, annotation, value, self.module.span(node))
                self._define(name, symbol, node)

    def _parameter(self, name: str, call: ast.Call) -> None:
        evaluator = ConstantEvaluator(self.result.universe, self.errors, self.module)
        span = self.module.span(call)
        summary = next((a.value for a in call.args[1:] if isinstance(a, ast.Constant)), "")
        if not 1 <= len(call.args) <= 2:
            self._parameter_fault(call, "a parameter takes its default and a sentence")
            self._define(name, Unresolved(name), call)
            return
        default = evaluator.integer(call.args[0], "the default of a parameter")
        bounds = {"at_least": 0, "at_most": 255}
        for keyword in call.keywords:
            if keyword.arg in bounds:
                bounds[keyword.arg] = evaluator.integer(keyword.value, str(keyword.arg))
            else:
                self._parameter_fault(keyword, f"parameter() has no '{keyword.arg}'")
        low, high = bounds["at_least"], bounds["at_most"]
        if not low <= default <= high:
            place = call.args[0]
            self._parameter_fault(place, f"the default {default} is outside {low} to {high}")
        self._define(name, Parameter(name, default, str(summary), low, high, span), call)

    def _parameter_fault(self, node: ast.AST, message: str) -> None:
        self.errors.add(
            "KSM308",
            message,
            self.module.span(node),
            'write `parameter(2, "what it counts", at_least=1, at_most=4)`',
        )

    def _instance(self, node: ast.stmt, name: str, struct: str) -> None:
        symbol = self.scope.get(struct)
        if not isinstance(symbol, StructSymbol):
            if not isinstance(symbol, Unresolved):
                message, hint = unknown_struct(struct, self.scope)
                self.errors.add("KSM302", message, self.module.span(node), hint)
            self._define(name, Unresolved(name), node)
            return
        others = self.result.instances.setdefault(symbol.name, [])
        instance = InstanceSymbol(name, symbol.name, len(others) + 1, self.module.span(node))
        others.append(instance)
        self._define(name, instance, node)

    def _class(self, node: ast.ClassDef) -> None:
        span = self.module.span(node)
        match node.decorator_list, node.bases:
            case [ast.Name(id="struct") | ast.Call(func=ast.Name(id="struct")) as mark], []:
                lifetime = self._lifetime(mark)
                symbol = StructSymbol(node.name, self.module, node, span, lifetime)
                self._define(node.name, symbol, node)
                self.result.universe.structs.setdefault(node.name, symbol)
            case [], [ast.Name(id="Enum" | "IntEnum")]:
                self._enum(node)
            case [], [ast.Name(id=base)] if base in DOMAINS:
                domain = DomainSymbol(node.name, DOMAINS[base], span, self.module)
                self._define(node.name, domain, node)
            case [], [ast.Name(id="Word")]:
                self._define(node.name, WordSymbol(node.name, span), node)
            case [], [ast.Name(id=base)] if isinstance(self.scope.get(base), WordSymbol):
                word = self.scope[base]
                assert isinstance(word, WordSymbol)
                variant = VariantSymbol(node.name, word, self.module, node, span)
                word.variants.append(variant)
                self._define(node.name, variant, node)
            case _:
                self.errors.add(
                    "KSM103",
                    f"class '{node.name}' is no type of the language",
                    span,
                    self._class_hint(node),
                )
                self._define(node.name, Unresolved(node.name), node)

    def _class_hint(self, node: ast.ClassDef) -> str:
        if not node.bases and not node.decorator_list:
            return f"write `@struct` before it, or `class {node.name}(Enum):`"
        for base in node.bases:
            if isinstance(base, ast.Name) and isinstance(self.scope.get(base.id), StructSymbol):
                return f"a struct has no subclasses: give {node.name} a field of type {base.id}"
        return (
            "write `@struct class X:`, `class X(Enum):`, `class X(Word):` or, "
            "for a variant of the word X, `class Y(X):`"
        )

    def _lifetime(self, mark: ast.expr) -> Lifetime:
        chosen = Lifetime.SLAB
        for keyword in mark.keywords if isinstance(mark, ast.Call) else []:
            match keyword.arg, keyword.value:
                case "permanent", ast.Constant(value=True):
                    chosen = Lifetime.PERMANENT
                case "typesafe_by_rcu", ast.Constant(value=True):
                    chosen = Lifetime.TYPESAFE
                case _:
                    self.errors.add(
                        "KSM309",
                        f"@struct has no '{keyword.arg}'",
                        self.module.span(mark),
                        "it has permanent=True and typesafe_by_rcu=True",
                    )
        return chosen

    def _enum(self, node: ast.ClassDef) -> None:
        members = []
        for item in node.body:
            match item:
                case ast.Assign(targets=[ast.Name(id=member)]):
                    members.append(member)
                case ast.Expr(value=ast.Constant()) | ast.Pass():
                    pass
                case _:
                    self.errors.add(
                        "KSM104",
                        "an Enum holds members only",
                        self.module.span(item),
                        "write `NAME = 0`",
                    )
        if not members:
            self.errors.add("KSM104", f"Enum '{node.name}' has no member", self.module.span(node))
            members = ["NONE"]
        symbol = EnumSymbol(node.name, tuple(members), self.module.span(node))
        self._define(node.name, symbol, node)
