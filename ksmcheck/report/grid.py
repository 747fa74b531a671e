"""Plain tables: a heading, aligned columns, no borders."""

from __future__ import annotations

from collections.abc import Sequence


def grid(heading: Sequence[str], rows: Sequence[Sequence[str]], indent: str = "") -> list[str]:
    """The rows under the heading, columns two spaces apart."""
    table = [heading, *rows]
    widths = [max(len(row[column]) for row in table) for column in range(len(heading))]
    return [
        (
            indent + "  ".join(f"{cell:<{width}}" for cell, width in zip(row, widths, strict=True))
        ).rstrip()
        for row in table
    ]
