"""What goes to standard output and standard error, and what happens when nobody reads it."""

from __future__ import annotations

import os
import sys
import traceback

from ksmcheck.diagnostics import UserError, render


def prepare_streams() -> None:
    """Make no character of a model's text a reason to fail."""
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None:
            reconfigure(errors="backslashreplace")


def emit(text: str) -> None:
    """Print ``text`` as it is. A reader that went away (``| head``) is no fault: the exit code

    of the command stays what the verdict says.
    """
    try:
        sys.stdout.write(text)
        sys.stdout.flush()
    except BrokenPipeError:
        _abandon_stdout()


def complain(error: UserError) -> None:
    """Print the user's faults, all of them, to standard error."""
    parts = [render(diagnostic, error.sources) for diagnostic in error.diagnostics]
    _to_stderr("\n\n".join(parts) + "\n")


def confess(error: BaseException) -> None:
    """Print a fault of ksmcheck itself, with the traceback that a report of it needs."""
    lines = traceback.format_exception(error)
    _to_stderr("".join(lines) + "\n")
    _to_stderr("this is a bug in ksmcheck: please report it with the text above\n")


def note(text: str) -> None:
    """Print one line to standard error."""
    _to_stderr(text + "\n")


def _to_stderr(text: str) -> None:
    try:
        sys.stderr.write(text)
        sys.stderr.flush()
    except BrokenPipeError:
        return


def _abandon_stdout() -> None:
    # Python flushes stdout once more at exit, and would complain then.
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.stdout.fileno())
    os.close(nowhere)
