"""`ksmcheck patches`: the kernel patches that the models know."""

from __future__ import annotations

import click

from ksmcheck.cli.output import emit
from ksmcheck.frontend import model_names, summarise
from ksmcheck.report.patches_text import known_patches, patches_json, patches_page


@click.command()
@click.option(
    "--model",
    metavar="NAME|PATH.py",
    help="Those that this model knows. Without it: those of every shipped scenario.",
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object and nothing else.")
def patches(model: str | None, as_json: bool) -> int:
    """List the kernel patches with commit, date, first release, and what each does."""
    models = model_names() if model is None else (model,)
    known = known_patches(summarise(name).patches for name in models)
    emit(patches_json(known) if as_json else patches_page(known))
    return 0
