"""Evaluates what is constant at compile time: numbers, parameters, patched("...")."""

from __future__ import annotations

import ast
from typing import TypeGuard

from attrs import frozen

from ksmcheck.diagnostics import did_you_mean
from ksmcheck.frontend.errors import Errors
from ksmcheck.frontend.loader import Module
from ksmcheck.frontend.symbols import (
    Constant,
    GlobalSymbol,
    InstanceSymbol,
    Parameter,
    Universe,
    Unresolved,
)

ConstantValue = int | bool | str

NO_OPTION = 'declare it in a list: `OPTIONS = [ConfigOption(id="...", summary="...")]`'
NUMBER = "use a number, a constant of the file or a parameter"
REPORTED = "(reported)"
LARGEST_CONSTANT = 1 << 63


def is_int(value: ConstantValue | None) -> TypeGuard[int]:
    """True for a number that is no truth value."""
    return isinstance(value, int) and not isinstance(value, bool)


@frozen
class ConstantEvaluator:
    """Folds constant expressions of one module; None means "not constant"."""

    universe: Universe
    errors: Errors
    module: Module

    def value(self, node: ast.expr) -> ConstantValue | None:
        """The value of ``node``, or None when it is not constant."""
        match node:
            case ast.Constant(value=bool() | int() | str() as value):
                return value
            case ast.Name(id=name):
                return self._name(name)
            case ast.UnaryOp(op=ast.USub(), operand=operand):
                inner = self.value(operand)
                return -inner if is_int(inner) else None
            case ast.UnaryOp(op=ast.Not(), operand=operand):
                inner = self.value(operand)
                return None if inner is None else not inner
            case ast.BinOp(left=left, op=op, right=right):
                return self._arithmetic(op, self.value(left), self.value(right))
            case ast.Call(func=ast.Name(id="patched")):
                return self.patched(node)
            case ast.Call(func=ast.Name(id="configured")):
                return self.configured(node)
            case _:
                return None

    def _name(self, name: str) -> ConstantValue | None:
        match self.universe.lookup(self.module, name):
            case Constant(value=value):
                return value
            case Parameter(name=parameter, default=default):
                return self.universe.parameters.get(parameter, default)
            case _:
                return None

    def _arithmetic(
        self, op: ast.operator, left: ConstantValue | None, right: ConstantValue | None
    ) -> int | None:
        if not (is_int(left) and is_int(right)):
            return None
        if max(abs(left), abs(right)) > LARGEST_CONSTANT:
            return None
        match op:
            case ast.Add():
                return left + right
            case ast.Sub():
                return left - right
            case ast.Mult():
                return left * right
            case ast.FloorDiv() if right:
                return left // right
            case ast.Mod() if right:
                return left % right
            case ast.LShift() if 0 <= right < 64:
                return left << right
            case _:
                return None

    def patched(self, node: ast.Call) -> bool:
        """Whether the patch that a call of patched("...") names is applied."""
        span = self.module.span(node)
        match node.args, node.keywords:
            case [ast.Constant(value=str() as patch)], []:
                if patch not in self.universe.known_patches:
                    self.errors.add(
                        "KSM305",
                        f"no patch is called '{patch}'",
                        span,
                        did_you_mean(patch, self.universe.known_patches)
                        or "write `patches=PATCHES` in scenario(...): its list names the patches",
                    )
                return patch in self.universe.patches
            case _:
                self.errors.add(
                    "KSM306",
                    "patched() takes one patch id as a string",
                    span,
                    f'write `patched("{min(self.universe.known_patches, default="patch-id")}")`',
                )
                return False

    def configured(self, node: ast.Call) -> bool:
        """Whether the scenario has the option that a call of configured("...") names."""
        known, chosen = self.universe.known_config, self.universe.config
        code, message, hint = "", "", ""
        match node.args, node.keywords:
            case [ast.Constant(value=str() as option)], []:
                if chosen is None:
                    code, message = "KSM304", "what is configured is no constant of a file"
                    hint = f'write `configured("{option}")` in the routines that depend on it'
                elif option not in known:
                    code, message = "KSM314", f"no configuration option is called '{option}'"
                    hint = did_you_mean(option, known) or NO_OPTION
                elif option in chosen:
                    return True
            case _:
                code, message = "KSM306", "configured() takes one option as a string"
                hint = f'write `configured("{min(known, default="CONFIG_KSM")}")`'
        if code:
            self.errors.add(code, message, self.module.span(node), hint)
        return False

    def integer(self, node: ast.expr, what: str) -> int:
        """A constant integer; anything else is reported and read as 1."""
        value = self.value(node)
        if is_int(value):
            return value
        self.not_constant(node, f"{what} must be a constant integer", "KSM307")
        return 1

    def bounds(self, low: ast.expr, high: ast.expr) -> tuple[int, int] | None:
        """The two bounds of a range; None when one is not constant (reported)."""
        first, last = self.value(low), self.value(high)
        if is_int(first) and is_int(last):
            return first, last
        for node, value, what in ((low, first, "lower"), (high, last, "upper")):
            if not is_int(value):
                self.not_constant(node, f"the {what} bound must be a constant integer", "KSM307")
        return None

    def not_constant(self, node: ast.expr, message: str, code: str) -> None:
        """Report an expression that has no constant value, at the part that is to blame."""
        place, why, hint = self._blame(node)
        if why != REPORTED:
            self.errors.add(code, f"{message}{why}", self.module.span(place), hint)

    def _blame(self, node: ast.expr) -> tuple[ast.expr, str, str]:
        """(the part that is not constant, what is wrong with it, what to write)."""
        match node:
            case ast.BinOp(left=left, op=op, right=right):
                for part in (left, right):
                    if self.value(part) is None:
                        return self._blame(part)
                if isinstance(op, (ast.FloorDiv, ast.Mod)) and self.value(right) == 0:
                    return right, ": division by zero", "divide by at least 1"
                return node, "", "constants are computed with + - * // % and <<"
            case ast.UnaryOp(operand=operand) if self.value(operand) is None:
                return self._blame(operand)
            case ast.Name(id=name):
                symbol = self.universe.lookup(self.module, name)
                if isinstance(symbol, Unresolved):
                    return node, REPORTED, ""
                if isinstance(symbol, GlobalSymbol):
                    why = f": '{name}' is a shared variable"
                    return node, why, "a constant is computed from constants and parameters"
                if symbol is None:
                    known = [
                        key
                        for key, value in self.universe.scopes[self.module.name].items()
                        if isinstance(value, (Constant, Parameter))
                    ]
                    return node, f": '{name}' is no constant", did_you_mean(name, known) or NUMBER
        return node, "", NUMBER

    def instance(self, node: ast.expr) -> InstanceSymbol | None:
        """The static object that a name means, if it means one."""
        if isinstance(node, ast.Name):
            symbol = self.universe.lookup(self.module, node.id)
            if isinstance(symbol, InstanceSymbol):
                return symbol
        return None
