"""The list of kernel patches, as text and as a JSON object."""

from __future__ import annotations

import json
import textwrap
from collections.abc import Iterable, Sequence

import cattrs
from attrs import frozen

from ksmcheck.ir.program import Patch
from ksmcheck.report.grid import grid

SCHEMA_VERSION = 1
_WIDTH = 100
_COMMIT = 12  # as the kernel abbreviates commits


@frozen
class PatchList:
    """What ``patches --json`` prints."""

    schema: int
    patches: tuple[Patch, ...]


def known_patches(lists: Iterable[Sequence[Patch]]) -> tuple[Patch, ...]:
    """The patches of several scenarios, each once, in the order of their lists."""
    return tuple(dict.fromkeys(patch for patches in lists for patch in patches))


def patches_page(patches: Sequence[Patch]) -> str:
    """A line of facts for each patch, and below it its title and what it does."""
    if not patches:
        return "no patches\n"
    facts = [(item.id, item.commit[:_COMMIT], item.date, item.release) for item in patches]
    heading, *rows = grid(("patch", "commit", "date", "first release"), facts)
    lines = [heading]
    for row, item in zip(rows, patches, strict=True):
        lines += ["", row, *_indented(item.title), *_indented(item.summary)]
    return "\n".join(lines) + "\n"


def patches_json(patches: Sequence[Patch]) -> str:
    """The patches as one JSON object."""
    record = cattrs.unstructure(PatchList(SCHEMA_VERSION, tuple(patches)))
    return json.dumps(record, indent=2) + "\n"


def _indented(text: str) -> list[str]:
    return textwrap.wrap(text, _WIDTH, initial_indent="  ", subsequent_indent="  ")
