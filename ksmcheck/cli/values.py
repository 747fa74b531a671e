"""Option values: click callbacks that read one word of the command line, or say what is wrong.

Each takes the words as click has them (None when the option is not there) and gives the value.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable

import click

from ksmcheck.diagnostics import Diagnostic, UserError, did_you_mean

NARROWEST = 40

_NUMBER = r"([0-9]+(?:\.[0-9]+)?)"
_BYTES = {"": 1, "K": 2**10, "M": 2**20, "G": 2**30, "T": 2**40}
_SECONDS = {"": 1, "s": 1, "m": 60, "h": 3600}


def read_count(_: click.Context, option: click.Parameter, word: str | None) -> int | None:
    """A whole number from 1."""
    if word is None:
        return None
    digits = word.replace("_", "").replace(",", "")
    if not re.fullmatch(r"[0-9]+", digits) or int(digits) == 0:
        raise _refused(option, word, "it is a whole number from 1", "1000000")
    return int(digits)


def read_bound(_: click.Context, option: click.Parameter, word: str | None) -> int | None:
    """A whole number from 0 to 255."""
    if word is not None and not (re.fullmatch(r"[0-9]{1,3}", word) and int(word) <= 255):
        raise _refused(option, word, "it is a whole number from 0 to 255", "2")
    return None if word is None else int(word)


def read_width(context: click.Context, option: click.Parameter, word: str | None) -> int | None:
    """A number of columns, not fewer than a table can be read in."""
    columns = read_count(context, option, word)
    if columns is not None and columns < NARROWEST:
        raise _refused(option, word, f"a table needs {NARROWEST} columns", "75")
    return columns


def read_memory(_: click.Context, option: click.Parameter, word: str | None) -> int | None:
    """An amount of memory in bytes: ``4G``, ``500M``, ``4GiB``; without a letter in bytes."""
    if word is None:
        return None
    found = re.fullmatch(rf"{_NUMBER}\s*([KMGT]?)(?:i?B)?", word, re.IGNORECASE)
    amount = float(found[1]) * _BYTES[found[2].upper()] if found else 0.0
    if not 1 <= amount < math.inf:
        raise _refused(option, word, "it is an amount of memory above 0", "4G")
    return int(amount)


def read_duration(_: click.Context, option: click.Parameter, word: str | None) -> float | None:
    """A time in seconds: ``90``, ``90s``, ``10m``, ``1h``."""
    if word is None:
        return None
    found = re.fullmatch(rf"{_NUMBER}\s*([smh]?)", word)
    seconds = float(found[1]) * _SECONDS[found[2]] if found else 0.0
    if not 0 < seconds < math.inf:
        raise _refused(option, word, "it is a time above 0 seconds", "10m")
    return seconds


def read_settings(
    _context: click.Context, option: click.Parameter, words: tuple[str, ...]
) -> tuple[tuple[str, int], ...]:
    """Scenario parameters, each as ``NAME=VALUE``."""
    found: list[tuple[str, int]] = []
    for word in words:
        match = re.fullmatch(r"\s*([A-Za-z_]\w*)\s*=\s*(-?[0-9]+)\s*", word)
        if not match:
            raise _refused(option, word, "it is a name and a whole number", "swap_slots=1")
        if any(name == match[1] for name, _ in found):
            raise UserError([Diagnostic("KSM513", f"{option.opts[0]} gives '{match[1]}' twice")])
        found.append((match[1], int(match[2])))
    return tuple(found)


def each_of(
    known: Iterable[str],
) -> Callable[[click.Context, click.Parameter, tuple[str, ...]], tuple[str, ...]]:
    """Words out of a few, each once."""
    names = tuple(known)

    def read(_: click.Context, option: click.Parameter, words: tuple[str, ...]) -> tuple[str, ...]:
        for word in words:
            if word not in names:
                message = f"{option.opts[0]} knows no '{word}'"
                raise UserError([Diagnostic("KSM512", message, hint=did_you_mean(word, names))])
        return tuple(dict.fromkeys(words))

    return read


def one_of(known: Iterable[str]) -> Callable[[click.Context, click.Parameter, str], str]:
    """A word out of a few."""
    several = each_of(known)

    def read(context: click.Context, option: click.Parameter, word: str) -> str:
        return several(context, option, (word,))[0]

    return read


def _refused(option: click.Parameter, word: str | None, rule: str, example: str) -> UserError:
    name = option.opts[0]
    message = f"{name} cannot be '{word}': {rule}"
    return UserError([Diagnostic("KSM511", message, hint=f"for example: {name} {example}")])
