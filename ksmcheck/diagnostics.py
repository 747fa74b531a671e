"""What is wrong and what to write instead: errors as data, with one renderer.

A fault of the user's input is a UserError, which carries one or more Diagnostics and ends in exit
code 2 without a traceback. A fault of ksmcheck itself is an InternalError (exit code 70).
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping

from attrs import frozen

from ksmcheck.ir.source import Span


@frozen
class Diagnostic:
    """One fault of the input: a stable code (KSM301), a sentence, where, and how to mend it."""

    code: str
    message: str
    span: Span | None = None
    hint: str = ""
    notes: tuple[str, ...] = ()


class UserError(Exception):
    """The input is wrong. ``sources`` maps a file's displayed path to its text, for the carets."""

    def __init__(
        self, diagnostics: Iterable[Diagnostic], sources: Mapping[str, str] | None = None
    ) -> None:
        self.diagnostics = tuple(diagnostics)
        self.sources = dict(sources or {})
        super().__init__("; ".join(item.message for item in self.diagnostics))


class InternalError(Exception):
    """ksmcheck contradicts itself: a bug of the tool, never of the model."""


LISTED = 8
# Characters of a line of a file, as generated ones have them, that are shown.
WIDEST = 140
CLOSE = 0.6
AS_GOOD = 0.12


def did_you_mean(word: str, known: Iterable[str], cutoff: float = CLOSE) -> str:
    """A hint that names the closest known words; all of them when they are few; else nothing."""
    names = sorted(set(known))
    close = closest(word, names, cutoff)
    if close:
        return "did you mean " + " or ".join(f"'{name}'" for name in close) + "?"
    return f"known: {', '.join(names)}" if 0 < len(names) <= LISTED else ""


def closest(word: str, known: Iterable[str], cutoff: float = CLOSE) -> list[str]:
    """The known word that is most like ``word``, and another that is nearly as good."""
    scores = [(difflib.SequenceMatcher(None, name, word).ratio(), name) for name in known]
    best = max((score for score, _ in scores), default=0.0)
    near = [item for item in scores if item[0] >= max(cutoff, best - AS_GOOD)]
    return [name for _, name in sorted(near, key=lambda item: (-item[0], item[1]))[:2]]


def render(diagnostic: Diagnostic, sources: Mapping[str, str]) -> str:
    """``file:line:col: error[KSM301]: message``, the line with a caret, notes and hints."""
    span = diagnostic.span
    where = f"{span.file}:{span.line}:{span.column + 1}: " if span else ""
    lines = [f"{where}error[{diagnostic.code}]: {diagnostic.message}"]
    if span:
        lines += _excerpt(span, sources.get(span.file, ""))
    lines += [f"   note: {note}" for note in diagnostic.notes]
    if diagnostic.hint:
        lines.append(f"   hint: {diagnostic.hint}")
    lines.append(f"   see:  ksmcheck explain {diagnostic.code}")
    return "\n".join(lines)


def _excerpt(span: Span, source: str) -> list[str]:
    lines = source.splitlines()
    if not 1 <= span.line <= len(lines):
        return []
    text = lines[span.line - 1].replace("\t", " ")
    end = span.end_column if span.end_line == span.line else len(text)
    width = max(1, min(end, len(text)) - span.column)
    text, column = _window(text, span.column)
    number = str(span.line)
    return [
        f" {number:>4} | {text}".rstrip(),
        f" {'':>4} | {' ' * column}{'^' * min(width, max(1, len(text) - column))}",
    ]


def _window(text: str, column: int) -> tuple[str, int]:
    """What of a long line is around ``column``, and where in that the column is."""
    if len(text) <= WIDEST:
        return text, column
    first = max(0, min(column - WIDEST // 2, len(text) - WIDEST))
    before, after = "... " if first else "", " ..." if first + WIDEST < len(text) else ""
    return f"{before}{text[first : first + WIDEST]}{after}", column - first + len(before)
