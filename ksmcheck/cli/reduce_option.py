"""The option ``--reduce``: which reductions of the state space a search may use."""

from __future__ import annotations

import click

from ksmcheck.diagnostics import Diagnostic, UserError, did_you_mean
from ksmcheck.explore.reductions import DEFAULT, LARGE, Reduce, Reduction

_DEFAULT = "default"
_ALONE = ("all", "none", _DEFAULT)


def read_reduce(_: click.Context, option: click.Parameter, word: str) -> Reduce:
    """``all``, ``none``, ``default``, or names separated by commas."""
    names = [item.strip() for item in word.split(",")]
    match names:
        case ["none"]:
            return Reduce()
        case ["all"]:
            return Reduce(frozenset(Reduction))
        case ["default"]:
            return DEFAULT
    known = [item.value for item in Reduction]
    unknown = dict.fromkeys(name for name in names if name not in known)
    if unknown:
        raise UserError([_unknown(option.opts[0], name, known) for name in unknown])
    return Reduce(frozenset(map(Reduction, names)), required=True)


def _unknown(option: str, name: str, known: list[str]) -> Diagnostic:
    """A name that stands alone is no part of a list, and others are no names."""
    if name in _ALONE:
        hint = f"write {option} {name}, or a list of {', '.join(known)}"
        return Diagnostic("KSM512", f"{option} takes '{name}' alone", hint=hint)
    hint = did_you_mean(name, [*_ALONE, *known])
    return Diagnostic("KSM512", f"{option} knows no '{name}'", hint=hint)


reduce_option = click.option(
    "--reduce",
    callback=read_reduce,
    metavar="NAMES",
    default=_DEFAULT,
    show_default=True,
    help="Reductions of the state space: all, none, or some of "
    f"{', '.join(item.value for item in Reduction)}, separated by commas; by default all, "
    f"where there are more than {LARGE:,} states or more than there is memory for.",
)
