"""Checkpoints of the native engine: what is wrong with one is the user's to know, by code."""

from __future__ import annotations

import os
from pathlib import Path

from ksmcheck.analysis.symbols import Oracle
from ksmcheck.backends.native.build import program_digest
from ksmcheck.backends.native.library import Refusal, Search
from ksmcheck.diagnostics import Diagnostic, UserError
from ksmcheck.explore.oracles import recall, saved
from ksmcheck.explore.result import SearchResult
from ksmcheck.ir.program import Program


def save(
    search: Search, program: Program, path: Path, oracle: Oracle | None, so_far: SearchResult
) -> None:
    """Write a checkpoint; the file appears whole or not at all."""
    aside = path.with_name(path.name + ".part")
    extra = b"" if oracle is None else saved(oracle)
    result = search.save(aside, program_digest(program), extra)
    if result == 0:
        try:
            os.replace(aside, path)
            return
        except OSError as error:
            result = error.errno or 1
    aside.unlink(missing_ok=True)
    why = "an inexact search cannot be saved" if result < 0 else os.strerror(result)
    explored = (
        f"explored until then: {so_far.states:,} states, {so_far.transitions:,} transitions,"
        f" depth {so_far.depth}"
    )
    message = f"cannot write the checkpoint '{path}': {why}"
    raise UserError([Diagnostic("KSM552", message, notes=(explored,))])


def restore(search: Search, program: Program, path: Path, oracle: Oracle | None) -> None:
    """Go on from ``path``. UserError when it is not a checkpoint of this very model."""
    result = search.restore(path, program_digest(program))
    if result == 0:
        if oracle is not None:
            recall(oracle, search.extra())
        return
    if result > 0:
        problem = Diagnostic(
            "KSM547", f"cannot read the checkpoint '{path}': {os.strerror(result)}"
        )
    else:
        problem = _refused(Refusal(result), path)
    raise UserError([problem])


def _refused(refusal: Refusal, path: Path) -> Diagnostic:
    match refusal:
        case Refusal.DAMAGED:
            return Diagnostic(
                "KSM548",
                f"'{path}' is no checkpoint, or a damaged one",
                hint="start again without --resume",
            )
        case Refusal.OTHER_MODEL:
            return Diagnostic(
                "KSM549",
                f"the checkpoint '{path}' is of another model or configuration",
                hint="give the same model, kernel, patches and parameters as when it was written",
            )
        case Refusal.NOT_EXACT:
            return Diagnostic("KSM550", "an inexact search cannot go on from a checkpoint")
        case Refusal.TOO_BIG:
            return Diagnostic(
                "KSM551",
                f"the states of the checkpoint '{path}' do not fit into the memory limit",
                hint="allow more with --memory-limit",
            )
