"""Option values: each type reads one word of the command line or says what is wrong with it."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable

import click

from ksmcheck.diagnostics import Diagnostic, UserError, did_you_mean

NARROWEST = 40

_BYTES = {"": 1, "K": 2**10, "M": 2**20, "G": 2**30, "T": 2**40}
_SECONDS = {"": 1, "s": 1, "m": 60, "h": 3600}


class Count(click.ParamType[int]):
    """A whole number from 1."""

    name = "number"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> int:
        """Read a number; zero and negative ones are refused."""
        text = str(value).replace("_", "").replace(",", "")
        if not re.fullmatch(r"[0-9]+", text) or int(text) == 0:
            raise _refused(param, value, "it is a whole number from 1", "1000000")
        return int(text)


class Width(Count):
    """A number of columns, not fewer than a table can be read in."""

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> int:
        """Read a number of columns."""
        width = super().convert(value, param, ctx)
        if width < NARROWEST:
            raise _refused(param, value, f"a table needs {NARROWEST} columns", "75")
        return width


class Memory(click.ParamType[int]):
    """An amount of memory: ``4G``, ``500M``; in bytes without a letter."""

    name = "size"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> int:
        """Read an amount in bytes."""
        number = r"([0-9]+(?:\.[0-9]+)?)"
        found = re.fullmatch(rf"{number}\s*([KMGT]?)(?:i?B)?", str(value), re.IGNORECASE)
        amount = float(found[1]) * _BYTES[found[2].upper()] if found else 0.0
        if amount < 1:
            raise _refused(param, value, "it is an amount of memory above 0", "4G")
        return int(amount)


class Duration(click.ParamType[float]):
    """A time: seconds, or with a letter ``90s``, ``10m``, ``1h``."""

    name = "time"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> float:
        """Read a time in seconds."""
        found = re.fullmatch(r"([0-9]+(?:\.[0-9]+)?)\s*([smh]?)", str(value))
        seconds = float(found[1]) * _SECONDS[found[2]] if found else 0.0
        if not 0 < seconds < math.inf:
            raise _refused(param, value, "it is a time above 0 seconds", "10m")
        return seconds


class Setting(click.ParamType[tuple[str, int]]):
    """``NAME=VALUE``, a scenario parameter."""

    name = "NAME=VALUE"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[str, int]:
        """Split at the equals sign; the value is a whole number."""
        if isinstance(value, tuple):
            return value
        found = re.fullmatch(r"\s*([A-Za-z_]\w*)\s*=\s*(-?[0-9]+)\s*", str(value))
        if not found:
            raise _refused(param, value, "it is a name and a whole number", "swap_slots=1")
        return found[1], int(found[2])


class OneOf(click.ParamType[str]):
    """A word out of a few."""

    name = "name"

    def __init__(self, words: Iterable[str]) -> None:
        self._words = tuple(words)

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> str:
        """One of the known words, as it is."""
        if str(value) in self._words:
            return str(value)
        message = f"{_option(param)} knows no '{value}'"
        raise UserError([Diagnostic("KSM512", message, hint=did_you_mean(str(value), self._words))])


def _refused(param: click.Parameter | None, value: object, rule: str, example: str) -> UserError:
    message = f"{_option(param)} cannot be '{value}': {rule}"
    return UserError([Diagnostic("KSM511", message, hint=f"for example: {_option(param)} {example}")])


def _option(param: click.Parameter | None) -> str:
    return param.opts[0] if param is not None and param.opts else "this option"
