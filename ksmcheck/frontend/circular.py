"""Imports that go round in a circle: names of a file that is declared after those that need them.

Types of fields, bodies of functions and what a property or a witness is about are read when every
file is declared, so there such a name is as good as any other. What a file needs to be declared
itself (a constant, a base class, the struct of an instance) cannot wait, and is refused.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence

from attrs import frozen

from ksmcheck.diagnostics import did_you_mean
from ksmcheck.frontend.errors import Errors
from ksmcheck.frontend.loader import Module
from ksmcheck.frontend.symbols import Circular, Symbol, Universe, Unresolved


@frozen
class Awaited:
    """An import of ``alias`` from ``target``, in a file that is declared before ``target``."""

    module: Module
    alias: ast.alias
    target: str

    @property
    def name(self) -> str:
        return self.alias.asname or self.alias.name


def is_circular(symbol: Symbol | None) -> bool:
    """Whether a name is still awaited."""
    return isinstance(symbol, Circular)


def refuse_circular(
    scope: dict[str, Symbol], node: ast.stmt, module: Module, errors: Errors
) -> None:
    """Report names of a later file that ``node`` cannot be declared without."""
    for used in _needed(node):
        symbol = scope.get(used.id)
        if isinstance(symbol, Circular):
            errors.add(
                "KSM014",
                f"'{used.id}' comes from '{symbol.module}', which imports this file",
                module.span(used),
                "declare it here, or in a third file that both import",
            )
            scope[used.id] = Unresolved(used.id)


def _needed(node: ast.stmt) -> Iterator[ast.Name]:
    """The names without which a statement at the top of a file has no meaning."""
    parts: list[ast.expr] = []
    match node:
        case ast.Assign(value=ast.Subscript() | ast.BinOp(op=ast.BitOr())):
            pass  # a name for a type, which is read when it is used
        case ast.Assign(value=value):
            parts = [value]
        case ast.AnnAssign(annotation=annotation, value=ast.expr() as value):
            final = annotation.value if isinstance(annotation, ast.Subscript) else annotation
            parts = [value] if isinstance(final, ast.Name) and final.id == "Final" else []
        case ast.ClassDef(bases=bases):
            parts = bases
        case ast.FunctionDef(decorator_list=marks):
            calls = [mark for mark in marks if isinstance(mark, ast.Call)]
            parts = [keyword.value for call in calls for keyword in call.keywords]
    for part in parts:
        yield from (inner for inner in ast.walk(part) if isinstance(inner, ast.Name))


def resolve_circular(awaited: Sequence[Awaited], universe: Universe, errors: Errors) -> None:
    """Give the awaited names their meaning, now that every file is declared.

    A name may come through several files, so this goes on until nothing more is found.
    """
    missing, progress = list(awaited), True
    while progress:
        found = [item for item in missing if _resolve(item, universe)]
        missing = [item for item in missing if item not in found or item.alias.name == "*"]
        progress = bool(found)
    for item in missing:
        if item.alias.name == "*":
            continue
        scope = universe.scopes[item.module.name]
        errors.add(
            "KSM301",
            f"module '{item.target}' has no '{item.alias.name}'",
            item.module.span(item.alias),
            did_you_mean(item.alias.name, universe.scopes[item.target]) or "see what it declares",
        )
        scope[item.name] = Unresolved(item.name)


def _resolve(item: Awaited, universe: Universe) -> bool:
    """Put what an import gives into its file's scope; whether that was anything new."""
    scope, known = universe.scopes[item.module.name], universe.scopes[item.target]
    if item.alias.name == "*":
        fresh = {
            name: symbol
            for name, symbol in known.items()
            if name not in scope and not isinstance(symbol, Circular)
        }
        scope.update(fresh)
        return bool(fresh)
    symbol = known.get(item.alias.name)
    if symbol is None or isinstance(symbol, Circular):
        return False
    if isinstance(scope.get(item.name), Circular):
        scope[item.name] = symbol
    return True
