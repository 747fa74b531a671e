"""`ksmcheck ladder`: one verdict for each property at each patch level."""

from __future__ import annotations

from collections.abc import Sequence

import click

from ksmcheck.cli.effort_options import effort_options
from ksmcheck.cli.output import emit, note
from ksmcheck.cli.values import read_settings
from ksmcheck.frontend import CompileOptions, compile_model, summarise
from ksmcheck.frontend.errors import Errors
from ksmcheck.frontend.patches import applied
from ksmcheck.ir.program import Patch, Program
from ksmcheck.report.ladder import Ground, Level, climb, rungs
from ksmcheck.report.ladder_json import ladder_json
from ksmcheck.report.ladder_text import ladder_text, level_text
from ksmcheck.report.searching import Effort


@click.command()
@click.option(
    "--model",
    required=True,
    metavar="NAME|PATH.py",
    help="A model that `ksmcheck list` shows, or a file of your own.",
)
@click.option(
    "--set",
    "settings",
    callback=read_settings,
    multiple=True,
    metavar="NAME=VALUE",
    help="Give a scenario parameter a value.",
)
@click.option(
    "--kernel",
    "kernels",
    multiple=True,
    metavar="VERSION",
    help="Name this kernel version, too: in the line that has exactly its patches, or in a line "
    "of its own. Repeatable.",
)
@effort_options
def ladder(
    model: str,
    settings: Sequence[tuple[str, int]],
    kernels: tuple[str, ...],
    effort: Effort,
    as_json: bool,
    quiet: bool,
) -> int:
    """Explore a model without any patch, then with each patch of its list added in turn.

    Every level is searched to its end, so that each property has its own verdict. A line whose
    patches are exactly those of a kernel version is named after it.

    Exit codes: 0 every level is decided, whatever the verdicts; 2 the input is wrong; 3 a limit
    was reached, or interrupted: what was done so far is reported.
    """
    ground = _ground(model, tuple(settings))
    levels = rungs(ground, kernels)

    def told(level: Level) -> None:
        if not quiet:
            note(level_text(level))

    climbed = climb(ground, levels, effort, told)
    releases = [patch.release for patch in ground.patches]
    emit(ladder_json(climbed) if as_json else ladder_text(climbed, releases))
    return climbed.exit_code


def _ground(model: str, settings: tuple[tuple[str, int], ...]) -> Ground:
    summary = summarise(model)

    def compile_level(patches: tuple[str, ...]) -> Program:
        # The empty version is older than every release: no patch but the named ones.
        return compile_model(model, CompileOptions("", with_=patches, parameters=settings))

    return Ground(
        summary.name,
        summary.kernel,
        summary.patches,
        lambda version: _in_force(summary.patches, version),
        compile_level,
    )


def _in_force(patches: tuple[Patch, ...], version: str) -> frozenset[str]:
    errors = Errors()
    found = applied(patches, version, (), (), errors)
    errors.stop_if_any()
    return found
