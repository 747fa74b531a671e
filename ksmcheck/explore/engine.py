"""What an engine is: something that can search a program."""

from __future__ import annotations

from typing import Protocol

from ksmcheck.explore.options import SearchOptions
from ksmcheck.explore.progress import Progress
from ksmcheck.explore.result import SearchResult
from ksmcheck.ir.program import Program


class Engine(Protocol):
    """``name`` is how reports call it: "python", "native"."""

    @property
    def name(self) -> str: ...

    def search(
        self, program: Program, options: SearchOptions, progress: Progress | None = None
    ) -> SearchResult:
        """Explore ``program`` breadth-first. UserError when setup gives no initial state."""
        ...
