"""Every code that a message can carry, with its explanation: what `ksmcheck explain` prints.

0xx the file, 1xx the subset of Python, 2xx steps and ghosts, 3xx names and types, 4xx properties,
5xx options, limits, traces and checking, 6xx symbols, 8xx what the built-in checks find while
exploring.
"""

from __future__ import annotations

from ksmcheck.codes.checking import CHECKING
from ksmcheck.codes.files import FILES
from ksmcheck.codes.names import NAMES
from ksmcheck.codes.options import OPTIONS
from ksmcheck.codes.properties import PROPERTIES
from ksmcheck.codes.record import Code
from ksmcheck.codes.runtime import RUNTIME
from ksmcheck.codes.steps import STEPS
from ksmcheck.codes.subset import SUBSET
from ksmcheck.codes.symbols import SYMBOLS
from ksmcheck.codes.types import TYPES

ALL_CODES: tuple[Code, ...] = (
    *FILES,
    *SUBSET,
    *STEPS,
    *NAMES,
    *TYPES,
    *PROPERTIES,
    *OPTIONS,
    *CHECKING,
    *SYMBOLS,
    *RUNTIME,
)


def find_code(code: str) -> Code | None:
    """The record of ``code``, written as KSM221, ksm221 or 221; None when there is none."""
    wanted = code.upper().removeprefix("KSM")
    return next((item for item in ALL_CODES if item.code == f"KSM{wanted}"), None)


__all__ = ["ALL_CODES", "Code", "find_code"]
