"""Files that are written whole or not at all, and refused before the work that fills them."""

from __future__ import annotations

import os
from pathlib import Path

from ksmcheck.diagnostics import Diagnostic, UserError


def write_whole(path: Path, text: str, what: str) -> None:
    """Write ``text``; a reader sees the old file or the whole new one. UserError when it fails."""
    temporary = path.parent / f".{path.name}.{os.getpid()}.tmp"
    try:
        temporary.write_text(text, encoding="utf-8")
        temporary.replace(path)
    except OSError as error:
        temporary.unlink(missing_ok=True)
        reason = error.strerror or str(error)
        message = f"cannot write {what} to '{path}': {reason}"
        raise UserError([Diagnostic("KSM527", message)]) from error


def require_writable(path: Path, what: str = "the trace") -> None:
    """Refuse, before a long search, a place where ``what`` cannot be written in the end."""
    if path.is_dir():
        message, hint = f"'{path}' is a folder, not a file", "name a file in it"
    elif not path.parent.is_dir():
        message, hint = f"there is no folder '{path.parent}' for {what}", "make it first"
    elif not os.access(path.parent, os.W_OK | os.X_OK):
        message, hint = f"the folder '{path.parent}' cannot be written to", ""
    else:
        return
    raise UserError([Diagnostic("KSM527", message, hint=hint)])
