"""Type-checks match statements and their patterns."""

from __future__ import annotations

import ast

from attrs import define

from ksmcheck.diagnostics import did_you_mean
from ksmcheck.frontend import tree
from ksmcheck.frontend.assignments import AssignmentChecker
from ksmcheck.frontend.checker import fits, shown, type_name
from ksmcheck.frontend.symbols import Unresolved, VariantSymbol
from ksmcheck.frontend.tree import UNKNOWN_TYPE, Typed
from ksmcheck.ir.types import BoolType, RefType, ValueType, WordType

PATTERNS = "write `case Variant(a, _):`, `case CONSTANT:` or `case _:`"


@define
class PatternChecker(AssignmentChecker):
    """Checks patterns."""

    def pattern(self, node: ast.pattern, subject: Typed) -> tree.Pattern | None:
        """The typed pattern, or None (reported)."""
        kind = subject.type
        match node:
            case ast.MatchAs(pattern=None, name=name):
                return self._capture(node, name, kind, subject.ghost)
            case ast.MatchValue(value=value):
                return self._value_pattern(node, value, kind)
            case ast.MatchSingleton(value=bool() as flag) if isinstance(kind, BoolType):
                return tree.ValuePattern(int(flag), self.span(node))
            case ast.MatchSingleton(value=None) if isinstance(kind, RefType):
                return tree.ValuePattern(0, self.span(node))
            case ast.MatchClass(cls=ast.Name(id=name)) if isinstance(kind, WordType):
                return self._variant_pattern(node, name, kind, subject.ghost)
            case _:
                self._refused_pattern(node, subject)
                return None

    def _refused_pattern(self, node: ast.pattern, subject: Typed) -> None:
        for inner in ast.walk(node):
            captured = getattr(inner, "name", None) or getattr(inner, "rest", None)
            if isinstance(captured, str):
                self.locals.setdefault(captured, UNKNOWN_TYPE)
        if subject.type == UNKNOWN_TYPE:
            return
        if isinstance(node, ast.MatchOr):
            message, hint = "`|` in a pattern is not part of the language", "write two cases"
        elif isinstance(node, ast.MatchAs):
            message, hint = "`as` in a pattern is not part of the language", "name the parts"
        else:
            message, hint = f"this pattern does not fit {type_name(subject.type)}", PATTERNS
        self.fault("KSM119", message, node, hint)

    def _capture(
        self, node: ast.pattern, name: str | None, kind: ValueType | None, ghost: bool
    ) -> tree.AnyPattern:
        if name is not None:
            if ghost and not self.is_ghost_code():
                self.ghosts.add(name)
            value = tree.Literal(0, kind or UNKNOWN_TYPE, self.span(node))
            self.bind(name, value, node, node)
        return tree.AnyPattern(name, self.span(node))

    def _value_pattern(
        self, node: ast.pattern, value: ast.expr, kind: ValueType | None
    ) -> tree.ValuePattern | None:
        typed = self.expression(value)
        if typed.type == UNKNOWN_TYPE or kind == UNKNOWN_TYPE:
            return None
        if not isinstance(typed, tree.Literal):
            self.fault("KSM119", "a pattern is a constant", node, "compare with `if` instead")
            return None
        if kind is None or typed.type is None or not fits(typed.type, kind):
            self.fault(
                "KSM339",
                f"{shown(typed)} never matches {type_name(kind)}",
                node,
                f"write a value that {type_name(kind)} can have",
            )
            return None
        return tree.ValuePattern(typed.value, self.span(node))

    def _variant_pattern(
        self, node: ast.MatchClass, name: str, word: WordType, ghost: bool
    ) -> tree.VariantPattern | None:
        symbol = self.lookup(name)
        names = [variant.name for variant in word.variants]
        if not isinstance(symbol, VariantSymbol) or name not in names:
            if not isinstance(symbol, Unresolved):
                hint = did_you_mean(name, names)
                self.fault("KSM334", f"'{name}' is no variant of {word.name}", node.cls, hint)
            self._refused_captures(node)
            return None
        position = names.index(name)
        fields = list(word.variants[position].fields)
        given = self._positions(node, name, [field for field, _ in fields])
        if given is None:
            self._refused_captures(node)
            return None
        result = []
        for index, pattern in given:
            part = tree.Literal(0, fields[index][1], self.span(pattern), ghost)
            inner = self.pattern(pattern, part)
            if isinstance(inner, (tree.AnyPattern, tree.ValuePattern)):
                result.append((index, inner))
            elif inner is not None:
                self.fault(
                    "KSM119",
                    "a pattern inside a pattern is a name, a constant or `_`",
                    pattern,
                    "match the inner word in a match of its own",
                )
        return tree.VariantPattern(position, tuple(result), self.span(node))

    def _refused_captures(self, node: ast.MatchClass) -> None:
        for inner in ast.walk(node):
            if isinstance(inner, ast.MatchAs) and inner.name is not None:
                self.locals.setdefault(inner.name, UNKNOWN_TYPE)

    def _positions(
        self, node: ast.MatchClass, name: str, order: list[str]
    ) -> list[tuple[int, ast.pattern]] | None:
        """(field number, pattern) for each sub-pattern, or None (reported)."""
        if len(node.patterns) > len(order):
            number = len(order)
            fields = ", ".join(order) or "none"
            self.fault(
                "KSM341",
                f"{name} has {number} field{'' if number == 1 else 's'} ({fields}), "
                f"and {len(node.patterns)} are given",
                node,
                "write `_` for a field that does not matter",
            )
            return None
        given = list(enumerate(node.patterns))
        for attribute, pattern in zip(node.kwd_attrs, node.kwd_patterns, strict=True):
            if attribute not in order:
                hint = did_you_mean(attribute, order) or "this variant has no fields"
                self.fault("KSM302", f"{name} has no field '{attribute}'", pattern, hint)
                return None
            given.append((order.index(attribute), pattern))
        return given
