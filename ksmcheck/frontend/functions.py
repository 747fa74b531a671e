"""Declares functions: reads the decorator that says what part a function plays."""

from __future__ import annotations

import ast

from ksmcheck.diagnostics import did_you_mean
from ksmcheck.frontend.constants import ConstantEvaluator, is_int
from ksmcheck.frontend.errors import Errors, name_span
from ksmcheck.frontend.loader import Module
from ksmcheck.frontend.symbols import FunctionKind, FunctionSymbol, Universe
from ksmcheck.frontend.vocabulary import DECORATORS
from ksmcheck.ir.program import PropertyKind

KINDS = {
    "routine": (FunctionKind.ROUTINE, None),
    "actor": (FunctionKind.ACTOR, None),
    "setup": (FunctionKind.SETUP, None),
    "predicate": (FunctionKind.PREDICATE, None),
    "witness": (FunctionKind.WITNESS, None),
    "invariant": (FunctionKind.PROPERTY, PropertyKind.STATE),
    "step_property": (FunctionKind.PROPERTY, PropertyKind.STEP),
    "end_property": (FunctionKind.PROPERTY, PropertyKind.END),
}
ARGUMENTS = {
    "routine": ("source", "kernel"),
    "actor": ("daemon", "count", "source"),
    "setup": (),
    "predicate": (),
    "witness": (),
    "invariant": ("source",),
    "step_property": ("source",),
    "end_property": ("source",),
}


PARTS = (
    "@routine, @actor, @setup, @invariant, @step_property, @end_property, "
    "@witness(property) or @predicate"
)
SOURCED = ("invariant", "step_property", "end_property")
VALUES = {
    "source": "a string",
    "kernel": "a string",
    "daemon": "True or False",
    "count": "a constant from 1 to 14",
}


def declare_function(
    node: ast.FunctionDef, module: Module, errors: Errors, universe: Universe
) -> FunctionSymbol | None:
    """The symbol of a function, or None when it has no part to play (reported)."""
    span = module.span(node)
    if len(node.decorator_list) != 1:
        errors.add(
            "KSM105",
            f"function '{node.name}' needs exactly one decorator",
            span,
            PARTS,
        )
        return None
    mark = node.decorator_list[0]
    name = _decorator_name(mark)
    if name not in KINDS:
        errors.add(
            "KSM105",
            f"'{ast.unparse(mark)}' is no decorator for a function",
            module.span(mark),
            did_you_mean(name, DECORATORS - {"struct"}) or PARTS,
        )
        return None
    kind, property_kind = KINDS[name]
    symbol = FunctionSymbol(node.name, kind, module, node, span, property_kind=property_kind)
    call = mark if isinstance(mark, ast.Call) else ast.copy_location(bare(mark), mark)
    _read_arguments(symbol, name, call, errors, universe)
    if kind is FunctionKind.WITNESS and symbol.witness_of is None:
        errors.add(
            "KSM404",
            "a witness names its property",
            module.span(mark),
            "write `@witness(the_property)`",
        )
    return symbol


def bare(mark: ast.expr) -> ast.Call:
    """A decorator without parentheses, as a call without arguments."""
    return ast.Call(func=mark, args=[], keywords=[])


def _decorator_name(mark: ast.expr) -> str:
    match mark:
        case ast.Name(id=name) | ast.Call(func=ast.Name(id=name)):
            return name
        case _:
            return ""


def _read_arguments(
    symbol: FunctionSymbol, name: str, mark: ast.Call, errors: Errors, universe: Universe
) -> None:
    module = symbol.module
    constants = ConstantEvaluator(universe, errors, module)
    if name == "witness" and len(mark.args) == 1:
        symbol.witness_of = mark.args[0]
    elif mark.args:
        errors.add(
            "KSM106",
            f"@{name} takes no positional argument",
            module.span(mark.args[0]),
            "name the argument: " + (", ".join(f"{a}=..." for a in ARGUMENTS[name]) or "none"),
        )
    for keyword in mark.keywords:
        value = constants.value(keyword.value)
        match keyword.arg, value:
            case "source", str() if "source" in ARGUMENTS[name]:
                symbol.source = value
            case "kernel", str() if "kernel" in ARGUMENTS[name]:
                symbol.kernel = value
            case "daemon", bool() if "daemon" in ARGUMENTS[name]:
                symbol.daemon = value
            case "count", int() if (
                "count" in ARGUMENTS[name] and is_int(value) and 1 <= value <= 14
            ):
                symbol.count = value
            case _:
                _refuse_argument(name, keyword, module, errors)
    if name in SOURCED and not symbol.source:
        errors.add(
            "KSM407",
            f"property '{symbol.name}' does not say where it comes from",
            module.span(mark),
            f'write `@{name}(source="...")`: the commit or document that states it',
        )


def _refuse_argument(name: str, keyword: ast.keyword, module: Module, errors: Errors) -> None:
    given = keyword.arg or "**"
    if given in ARGUMENTS[name]:
        errors.add(
            "KSM106",
            f"@{name} cannot take this value for '{given}'",
            module.span(keyword.value),
            f"it is {VALUES[given]}",
        )
        return
    allowed = ARGUMENTS[name]
    errors.add(
        "KSM106",
        f"@{name} has no argument '{given}'",
        name_span(module.file, keyword, given),
        did_you_mean(given, allowed) or "it takes no argument",
    )
