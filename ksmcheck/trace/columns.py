"""Text in columns: whole-word wrapping and one column per actor, in plain ASCII."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Sequence

from attrs import frozen


@frozen
class Line:
    """A line before wrapping: what is carried over goes ``hang`` further to the right."""

    text: str
    indent: int = 0
    hang: int = 2


def wrap(lines: Iterable[Line], width: int) -> list[str]:
    """The lines, wrapped at spaces; a word wider than the column breaks after punctuation."""
    result: list[str] = []
    for line in lines:
        first, rest = " " * line.indent, " " * (line.indent + line.hang)
        words = _broken(line.text, width - len(rest))
        result += textwrap.wrap(
            words,
            width,
            initial_indent=first,
            subsequent_indent=rest,
            break_long_words=True,
            break_on_hyphens=False,
        ) or [""]
    return result


def ascii_only(text: str) -> str:
    """Plain ASCII: whatever the source had in other alphabets becomes an escape."""
    return text.encode("ascii", "backslashreplace").decode("ascii")


def side_by_side(cells: Sequence[Sequence[str]], widths: Sequence[int], gap: str) -> list[str]:
    """Blocks of lines beside each other, padded to the widths, without trailing spaces."""
    height = max((len(cell) for cell in cells), default=0)
    rows = []
    for row in range(height):
        parts = [
            (cell[row] if row < len(cell) else "").ljust(width)
            for cell, width in zip(cells, widths, strict=True)
        ]
        rows.append(gap.join(parts).rstrip())
    return rows


def _broken(text: str, width: int) -> str:
    return " ".join(_break_word(word, max(width, 8)) for word in text.split())


def _break_word(word: str, width: int) -> str:
    parts = []
    while len(word) > width:
        # A name is best broken where it has a joint: after a dot, an underscore or a bracket.
        joint = max(word.rfind(mark, 0, width) for mark in "._([,/-")
        cut = joint + 1 if joint >= width // 3 else width
        parts.append(word[:cut])
        word = word[cut:]
    return " ".join([*parts, word])
