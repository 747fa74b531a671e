"""`ksmcheck export`: the same model for another checker."""

from __future__ import annotations

from pathlib import Path

import click

from ksmcheck.backends.promela.export import export as to_promela
from ksmcheck.cli.model_options import ChosenModel, model_options
from ksmcheck.cli.output import note
from ksmcheck.cli.values import one_of
from ksmcheck.trace.files import require_writable, write_whole


@click.command()
@model_options
@click.option(
    "--to",
    "language",
    callback=one_of(("promela",)),
    metavar="LANGUAGE",
    default="promela",
    show_default=True,
    help="promela: for Spin, with the same steps and the same states.",
)
@click.argument("file", type=click.Path(path_type=Path))
def export(chosen: ChosenModel, language: str, file: Path) -> int:
    """Write a model as FILE for another checker, to have a second opinion on it."""
    require_writable(file, "the exported model")
    write_whole(file, to_promela(chosen.compile()), "the exported model")
    note(
        f"wrote {file}; check it with\n"
        f"  spin -a -o1 -o2 -o3 {file}\n"
        "  gcc -O2 -DSAFETY -DNOREDUCE -DNOFAIR -o pan pan.c && ./pan -m10000000"
    )
    return 0
