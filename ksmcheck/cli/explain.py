"""`ksmcheck explain`: what a code means, with an example and what to write instead."""

from __future__ import annotations

import textwrap

import click

from ksmcheck.cli.output import emit
from ksmcheck.codes import ALL_CODES, Code, find_code
from ksmcheck.diagnostics import Diagnostic, UserError

WIDTH = 88


@click.command()
@click.argument("code", required=False)
def explain(code: str | None) -> int:
    """Explain CODE, e.g. KSM221; without it, list all codes."""
    if code is None:
        emit("".join(f"{item.code}  {item.title}\n" for item in ALL_CODES))
        return 0
    found = find_code(code)
    if found is None:
        hint = "`ksmcheck explain` lists all codes"
        raise UserError([Diagnostic("KSM514", f"there is no code '{code}'", hint=hint)])
    emit(text_of(found))
    return 0


def text_of(code: Code) -> str:
    """The explanation as it is printed."""
    parts = [
        f"{code.code}: {code.title}",
        "",
        textwrap.fill(code.explanation, WIDTH),
        "",
        "instead of",
        textwrap.indent(code.wrong, "    "),
        "write",
        textwrap.indent(code.right, "    "),
    ]
    return "\n".join(parts) + "\n"
