"""Where something was written: every IR node that a user wrote carries a Span."""

from __future__ import annotations

from attrs import frozen


@frozen
class Span:
    """A stretch of one source file.

    ``file`` is the path as a reader should see it (``models/kernel/memory.py``), never an absolute
    path of the machine for shipped files. Lines count from 1, columns from 0 (as in ``ast``).
    """

    file: str
    line: int
    column: int = 0
    end_line: int = 0
    end_column: int = 0

    def short(self) -> str:
        """``memory.py:120``: enough to find the line in a trace."""
        return f"{self.file.rsplit('/', 1)[-1]}:{self.line}"


@frozen
class Frame:
    """One level of the inlined call stack: the routine, and where it was called from."""

    routine: str
    source: str
    called_from: Span | None = None
