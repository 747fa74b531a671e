"""Collects the faults of a stage, so that a user sees all of them at once."""

from __future__ import annotations

import ast

from attrs import define, field

from ksmcheck.diagnostics import Diagnostic, UserError
from ksmcheck.ir.source import Span


def span_of(file: str, node: ast.AST) -> Span:
    """The span of a syntax node; nodes without a place get line 1."""
    line = getattr(node, "lineno", 1)
    column = getattr(node, "col_offset", 0)
    return Span(
        file,
        line,
        column,
        getattr(node, "end_lineno", None) or line,
        getattr(node, "end_col_offset", None) or column + 1,
    )


def name_span(file: str, node: ast.AST, name: str) -> Span:
    """The span of the name that ``node`` begins with, e.g. of a keyword argument."""
    whole = span_of(file, node)
    return Span(file, whole.line, whole.column, whole.line, whole.column + len(name))


@define
class Errors:
    """The faults found so far; ``sources`` maps displayed paths to texts for the carets."""

    sources: dict[str, str] = field(factory=dict)
    found: list[Diagnostic] = field(factory=list)
    split: dict[str, list[str]] = field(factory=dict, repr=False)

    def add(
        self, code: str, message: str, span: Span | None, hint: str = "", note: str = ""
    ) -> None:
        """Record a fault once; inlining may meet the same one again."""
        item = Diagnostic(code, message, span, hint, (note,) if note else ())
        if item not in self.found:
            self.found.append(item)

    def lines(self, file: str) -> list[str]:
        """The lines of a source file."""
        if file not in self.split:
            self.split[file] = self.sources.get(file, "").splitlines()
        return self.split[file]

    def stop_if_any(self) -> None:
        """Raise UserError with all faults of the stage, in source order."""
        if self.found:
            raise UserError(self.in_order(), self.sources)

    def in_order(self) -> list[Diagnostic]:
        """The faults in source order, those without a place first."""
        return sorted(
            self.found,
            key=lambda d: (d.span.file, d.span.line, d.span.column) if d.span else ("", 0, 0),
        )
